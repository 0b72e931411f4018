// Plays weightproof cases on TensorFlow.js layers: the worker behind the testee `tfjs`.
//
// Speaks the protocol of harness/testee/PROTOCOL.md (JSON Lines) on stdin and stdout. The files are
// Keras's: a model is saved as a TensorFlow.js layers model (model.json and weights.bin) and made a
// whole-model .h5 by the library's own converter, and the other way to load. Weights are matched by
// name, which is how LayersModel.loadWeights does it.
//
//   node tfjs_worker.js --environment FOLDER     what scripts/venv tfjs made
'use strict';

const childProcess = require('node:child_process');
const fs = require('node:fs');
const {createRequire} = require('node:module');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const {LAYERS, Names, Unsupported, isOurs, variablesOf} = require('./tfjs_layers.js');
const {Player, STEPS} = require('./tfjs_build.js');

const PROTOCOL = 1;
const LINE_BYTES_MAX = 64 << 20;
const ARRAYS = {float32: Float32Array, int32: Int32Array};

// What the converter raised.
class Refused extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

function toWire(tensor) {
  const data = tensor.dataSync();
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return {dtype: tensor.dtype, shape: tensor.shape, data: bytes.toString('base64')};
}

function fromWire(tf, wire) {
  if (!Object.hasOwn(ARRAYS, wire.dtype)) throw new Unsupported(`dtype ${wire.dtype}`);
  const bytes = Uint8Array.from(Buffer.from(wire.data, 'base64'));  // aligned
  return tf.tensor(new ARRAYS[wire.dtype](bytes.buffer), wire.shape, wire.dtype);
}

// The converter, one process for all requests; started by the first that needs it.
class Converter {
  constructor(python) { this.python = python; }

  // Resolved once the converter has come up; an error where it does not: that is nobody's finding.
  start() {
    const script = path.join(__dirname, 'tfjs_convert.py');
    return new Promise((resolve, reject) => {
      let up = false;
      const stdio = ['pipe', 'pipe', 'inherit'];
      this.child = childProcess.spawn(this.python, ['-B', script], {stdio});
      const ended = (how) => {
        const text = `the converter (${this.python}) ended: ${how}`;
        this.child = null;
        if (!up) return reject(new Error(text));
        // Where it dies of a request, the loader died of it.
        process.stderr.write(text + '\n');
        return how in os.constants.signals ? process.kill(process.pid, how) : process.exit(4);
      };
      this.child.on('error', (error) => ended(error.message));
      this.child.on('exit', (code, signal) => ended(signal || `exit code ${code}`));
      this.child.stdin.on('error', () => {});
      readline.createInterface({input: this.child.stdout}).on('line', (line) => {
        if (up) return this.resolve(JSON.parse(line));
        up = true;
        return resolve();
      });
    });
  }

  async ask(request) {
    if (!this.child) await this.start();
    const answer = new Promise((resolve) => { this.resolve = resolve; });
    this.child.stdin.write(JSON.stringify(request) + '\n');
    const {ok, kind, message, printed} = await answer;
    if (printed) console.log(printed);
    if (!ok) throw new Refused(kind, message);
  }
}

// Everything that an operation says on the console.
class Log {
  constructor() { this.lines = []; }
  async listening(action) {
    const old = {};
    for (const level of ['log', 'info', 'warn', 'error']) {
      old[level] = console[level];
      const kind = level === 'warn' ? 'warning' : 'printed';
      console[level] = (...words) => this.lines.push({kind, text: words.map(String).join(' ')});
    }
    try {
      return await action();
    } finally {
      Object.assign(console, old);
    }
  }
}

// The fields of a request and of what it holds; another one is no word that this worker knows.
const HEAD = ['protocol', 'id', 'op'];
const FIELDS = {
  describe: HEAD,
  assign: [...HEAD, 'build', 'weights', 'inputs', 'more_inputs'],
  save: [...HEAD, 'build', 'weights', 'inputs', 'more_inputs', 'format', 'dialect', 'path',
         'overwrite'],
  load: [...HEAD, 'build', 'initial', 'inputs', 'more_inputs', 'format', 'load_as', 'by_name',
         'skip_mismatch', 'partial', 'path', 'resave_path'],
  build: ['program', 'before', 'session', 'directory'],
  program: ['architecture', 'build'],
  architecture: ['dialect', 'input_shape', 'layers'],
  session: ['fresh', 'models_before', 'hash_seed', 'working_directory', 'locale', 'umask',
            'threads', 'load_twice'],
};

function expectFields(what, object) {
  for (const key of Object.keys(object)) {
    if (!FIELDS[what].includes(key)) throw new Unsupported(`${key} of ${what}`);
  }
}

class Worker {
  constructor(tf, converter) {
    this.tf = tf;
    this.converter = converter;
    this.names = new Names();
  }

  async describe() {
    await this.converter.start();
    return {outcome: 'ok', protocol: PROTOCOL, name: 'tfjs',
            version: this.tf.version['tfjs-layers'], backend: this.tf.getBackend(),
            space: {layers: Object.keys(LAYERS), steps: STEPS, formats: ['legacy_h5_model'],
                    dialects: ['tf_keras'], modes: ['by_name', 'partial', 'model']}};
  }

  // Names start again; working directory and umask are those of the request.
  async session(build, action) {
    const session = build.session || {};
    expectFields('build', build);
    expectFields('session', session);
    const folder = path.join(build.directory, session.working_directory || '');
    fs.mkdirSync(folder, {recursive: true});
    this.place = {directory: folder, umask: session.umask ?? -1};
    this.names.clear();
    const repeats = Array(session.models_before || 0).fill(build.program);
    for (const program of [...(build.before || []), ...repeats]) await this.play(program);
    return action(session);
  }

  play(program) {
    expectFields('program', program);
    expectFields('architecture', program.architecture);
    return Player.play(this.tf, this.names, program);
  }

  assignAll(pairs, weights) {
    const given = new Map(weights.map((entry) => [entry.id, entry]));
    const ids = pairs.map(([id]) => id);
    if (given.size !== ids.length || !ids.every((id) => given.has(id))) {
      throw new Error(`variables given ${[...given.keys()]}, variables of the model ${ids}`);
    }
    for (const [id, variable] of pairs) variable.write(fromWire(this.tf, given.get(id)));
  }

  // Variables and prediction; the last one is made twice to see whether it repeats.
  state(model, pairs, inputs, when = '', loaded = false) {
    const answer = {};
    answer['variables' + when] = pairs.map(([id, v]) => ({...toWire(v.read()), id}));
    if (!inputs) return answer;
    try {
      const first = toWire(model.apply(fromWire(this.tf, inputs)));
      answer['prediction' + when] = first;
      if (!when) {
        const second = toWire(model.apply(fromWire(this.tf, inputs)));
        answer.repeatable = first.data === second.data;
      }
    } catch (error) {
      const text = `${error.name}: ${error.message}`;
      if (!loaded) throw new Unsupported(`predict: ${text}`);
      answer.prediction_error = text;
    }
    return answer;
  }

  // Runs one call of the library: its answer, and what it returned.
  async attempt(action) {
    const log = new Log();
    let answer = {outcome: 'ok'};
    let result;
    try {
      result = await log.listening(action);
    } catch (error) {  // a refusal is whatever the library throws
      if (!(error instanceof Refused) && isOurs(error)) throw error;
      answer = {outcome: 'refused', kind: error.kind || error.name, message: error.message};
    }
    return [{...answer, warnings: log.lines}, result];
  }

  async withFolder(action) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tfjs-'));
    try {
      return await action(folder);
    } finally {
      fs.rmSync(folder, {recursive: true, force: true});
    }
  }

  // Both ways the converter takes the format from the path's suffix, as tf_keras does.
  expect(request) {
    if (request.format !== 'legacy_h5_model') throw new Unsupported(`format ${request.format}`);
    if (!/\.(h5|hdf5)$/.test(request.path) || request.path.endsWith('.weights.h5')) {
      throw new Unsupported('path: its suffix does not mean legacy_h5_model here');
    }
    if (request.more_inputs?.length) throw new Unsupported('several inputs');
  }

  // LayersModel.save through a handler that writes model.json and weights.bin; then the converter.
  write(model, target) {
    return this.withFolder(async (folder) => {
      const file = path.join(folder, 'model.json');
      await model.save(this.tf.io.withSaveHandler(async (artifacts) => {
        const weights = [{paths: ['weights.bin'], weights: artifacts.weightSpecs}];
        const {weightData, weightSpecs, ...rest} = artifacts;
        fs.writeFileSync(path.join(folder, 'weights.bin'), new Uint8Array(weightData));
        fs.writeFileSync(file, JSON.stringify({...rest, weightsManifest: weights}));
        return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
      }));
      await this.converter.ask({op: 'to_keras', from: file, to: target, ...this.place});
    });
  }

  // What the converter makes of the file, as the library's handlers hand it over.
  read(source) {
    return this.withFolder(async (folder) => {
      await this.converter.ask({op: 'to_tfjs', from: source, to: folder, ...this.place});
      const json = JSON.parse(fs.readFileSync(path.join(folder, 'model.json'), 'utf8'));
      const load = async (manifest) => {
        const files = manifest.flatMap((group) => group.paths);
        const bytes = files.map((name) => fs.readFileSync(path.join(folder, name)));
        const data = Uint8Array.from(Buffer.concat(bytes)).buffer;
        return [manifest.flatMap((group) => group.weights), data];
      };
      return this.tf.io.getModelArtifactsForJSON(json, load);
    });
  }

  async save(request) {
    if (request.dialect !== 'tf_keras') throw new Unsupported(`dialect ${request.dialect}`);
    this.expect(request);
    if (!request.overwrite) throw new Unsupported('overwrite false');
    return this.session(request.build, async () => {
      const model = (await this.play(request.build.program)).model.object;
      const pairs = variablesOf(this.tf, model);
      this.assignAll(pairs, request.weights);
      const [answer] = await this.attempt(() => this.write(model, request.path));
      return {...this.state(model, pairs, request.inputs), ...answer};
    });
  }

  async load(request) {
    this.expect(request);
    if (request.skip_mismatch) throw new Unsupported('mode skip_mismatch');
    if (request.load_as !== 'model' && !request.by_name) {
      throw new Unsupported('mode by_order: weights are matched by name');
    }
    return this.session(request.build, async (session) => {
      let answer;
      for (let i = session.load_twice ? 2 : 1; i > 0; --i) answer = await this.loadOnce(request);
      return answer;
    });
  }

  async loadOnce(request) {
    const {tf} = this;
    let answer, model, pairs;
    let before = {};
    if (request.load_as === 'model') {
      [answer, model] = await this.attempt(async () => {
        const artifacts = await this.read(request.path);
        return tf.loadLayersModel({load: async () => artifacts});
      });
      if (!model) return answer;
      pairs = variablesOf(tf, model);
    } else {
      model = (await this.play(request.build.program)).model.object;
      pairs = variablesOf(tf, model);
      this.assignAll(pairs, request.initial);
      before = this.state(model, pairs, request.inputs, '_before');
      [answer] = await this.attempt(async () => {
        const {weightData, weightSpecs} = await this.read(request.path);
        model.loadWeights(tf.io.decodeWeights(weightData, weightSpecs), !request.partial);
      });
    }
    answer = {...before, ...this.state(model, pairs, request.inputs, '', true), ...answer};
    if (request.resave_path && answer.outcome === 'ok') {
      const [again] = await this.attempt(() => this.write(model, request.resave_path));
      answer.resave = {outcome: again.outcome, message: again.message || ''};
    }
    return answer;
  }

  async assign(request) {
    return this.session(request.build, async () => {
      const model = (await this.play(request.build.program)).model.object;
      const pairs = variablesOf(this.tf, model);
      this.assignAll(pairs, request.weights);
      return {...this.state(model, pairs, request.inputs), outcome: 'ok', warnings: []};
    });
  }

  async answer(request) {
    const engine = this.tf.engine();
    engine.startScope();
    try {
      if (request.protocol !== PROTOCOL) throw new Unsupported(`protocol ${request.protocol}`);
      const actions = ['describe', 'save', 'load', 'assign'];
      if (!actions.includes(request.op)) throw new Unsupported(`request ${request.op}`);
      expectFields(request.op, request);
      return await this[request.op](request);
    } catch (error) {
      if (error instanceof Unsupported) return {outcome: 'unsupported', what: error.message};
      return {outcome: 'worker_error', traceback: String(error.stack)};
    } finally {
      engine.endScope();
      this.tf.disposeVariables();  // no model outlives its request
    }
  }
}

function writeAll(text) {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) {
    try {
      done += fs.writeSync(1, bytes, done);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

async function serve() {
  const at = process.argv.indexOf('--environment');
  if (at < 0 || !process.argv[at + 1]) {
    console.error('usage: tfjs_worker.js --environment FOLDER (what scripts/venv tfjs made)');
    return 2;
  }
  const folder = path.resolve(process.argv[at + 1]);
  for (const level of ['log', 'info', 'warn']) console[level] = console.error;
  const load = createRequire(path.join(folder, 'package.json'));
  const tf = load('@tensorflow/tfjs');
  await tf.ready();
  const worker = new Worker(tf, new Converter(path.join(folder, 'bin', 'python')));
  for await (const line of readline.createInterface({input: process.stdin, crlfDelay: Infinity})) {
    if (line.length > LINE_BYTES_MAX) return 1;
    let request = null;
    try {
      request = JSON.parse(line);
    } catch { /* told below */ }
    if (request?.op === 'quit') break;
    const isObject = request !== null && typeof request === 'object' && !Array.isArray(request);
    const answer = isObject ? {...await worker.answer(request), id: request.id}
                            : {outcome: 'worker_error', traceback: 'no JSON object', id: null};
    writeAll(JSON.stringify(answer) + '\n');
  }
  return 0;
}

serve().then((code) => process.exit(code));

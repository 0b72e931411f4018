// Build programs of harness/case/CASE.md on TensorFlow.js: how one model comes to be. Every step is
// played with the library's own public calls; what it has no call for is not among STEPS.
'use strict';

const {LAYERS, Unsupported, isInput, isOurs, makeLayer} = require('./tfjs_layers.js');

const STEPS = ['clear_names', 'stray', 'set', 'exchange', 'remove', 'insert', 'noop', 'name',
               'freeze', 'unfreeze', 'order', 'nest', 'pop', 'assemble:list', 'assemble:add',
               'assemble:functional', 'input:given', 'rebuild:from_config', 'rebuild:json'];
const OPS = new Set(STEPS.map((step) => step.split(':')[0]));

// One place of the model: a layer, or a nested Sequential with its own places inside.
class Node {
  constructor(kind, fields) {
    Object.assign(this, {kind, spec: {}, name: undefined, at: 0, frozen: false, children: []},
                  fields);
  }
  leaves() { return this.kind === 'nest' ? this.children.flatMap((c) => c.leaves()) : [this]; }
}

class Player {
  constructor(tf, names, program) {
    this.tf = tf;
    this.names = names;
    this.architecture = program.architecture;
    this.steps = program.build;
    for (const step of this.steps) {
      if (!OPS.has(step.op)) throw new Unsupported(`step ${step.op}`);
    }
  }

  // An Unsupported where the library itself refuses to make the model.
  static async play(tf, names, program) {
    const player = new Player(tf, names, program);
    for (const step of player.all('clear_names', 'stray')) {
      if (step.op === 'clear_names') names.clear(); else player.stray(step.class);
    }
    player.place();
    for (const node of player.order()) {
      node.object = player.layer(node.spec, node.name, node.frozen);
    }
    try {
      player.makeNests();
      player.makeModel();
      for (const step of player.steps) await player.afterwards(step);
    } catch (error) {
      if (isOurs(error)) throw error;
      throw new Unsupported(`build: ${error.name}: ${error.message}`);
    }
    return player;
  }

  all(...ops) { return this.steps.filter((step) => ops.includes(step.op)); }

  layer(spec, name, frozen) {
    for (const key of Object.keys(spec)) {
      if (!['class', 'config', 'name'].includes(key)) {
        throw new Unsupported(`${key} of layer ${spec.class}`);
      }
    }
    return makeLayer(this.tf, this.names, spec.class, spec.config || {}, name, frozen);
  }

  stray(className) {
    if (className === 'Sequential') return this.names.automatic(className);
    const smallest = Object.hasOwn(LAYERS, className) ? LAYERS[className][1] : {};
    return this.layer({class: className, config: smallest});
  }

  // Phases 2 and 3: which layers there are, where they stand, what they are called.

  place() {
    const specs = this.architecture.layers.map((s) => ({...s, config: {...s.config}}));
    this.layers = specs.map((spec) => new Node('layer', {spec}));
    this.slots = [...this.layers];
    this.extras = [];
    for (const step of this.steps) {
      const place = this.slots.indexOf(this.layers[step.layer]);
      if (step.op === 'set') {
        specs[step.layer].config[step.key] = step.value;
      } else if (step.op === 'exchange') {
        const other = this.slots.indexOf(this.layers[step.other]);
        [this.slots[place], this.slots[other]] = [this.slots[other], this.slots[place]];
      } else if (step.op === 'remove') {
        this.slots[place] = null;
      } else if (step.op === 'insert') {
        const name = step.name || step.spec.name;
        this.extras.push(new Node('extra', {spec: step.spec, name, at: step.at}));
      } else if (step.op === 'noop') {
        if (!Object.hasOwn(LAYERS, step.class)) throw new Unsupported(`layer ${step.class}`);
        const spec = {class: step.class, config: LAYERS[step.class][1]};
        this.extras.push(new Node('extra', {spec, name: step.name, at: step.at}));
      }
    }
    this.nests = this.all('nest').map((spec) => new Node('nest', {spec, name: spec.name}));
    this.assemble = this.all('assemble')[0];
    this.model = new Node('model', {name: this.assemble.name});
    for (const step of this.all('name')) this.target(step).name = step.name;
    for (const step of this.all('freeze')) {
      if (!step.after) this.target(step).frozen = true;
    }
    this.top = this.inside(null, null, this.nests);
  }

  // Nodes of slots begin..end-1 and the extras between them; the model takes all.
  inside(begin, end, nests) {
    const whole = begin === null;
    const [first, last] = whole ? [0, this.slots.length] : [begin, end];
    const nodes = [];
    for (let slot = first; slot <= last;) {
      if (whole || (first < slot && slot < last)) {
        nodes.push(...this.extras.filter((extra) => extra.at === slot));
      }
      if (slot === last) break;
      const here = nests.filter((n) => n.spec.begin === slot);
      if (here.length) {
        const outer = here.reduce((a, b) => (b.spec.end > a.spec.end ? b : a));
        const [low, high] = [outer.spec.begin, outer.spec.end];
        outer.children = this.inside(low, high, nests.filter(
            (n) => n !== outer && low <= n.spec.begin && n.spec.end <= high));
        nodes.push(outer);
        slot = high;
      } else {
        if (this.slots[slot]) nodes.push(this.slots[slot]);
        slot += 1;
      }
    }
    return nodes;
  }

  target(step) {
    if (step.model) return this.model;
    return 'nest' in step ? this.nests[step.nest] : this.layers[step.layer];
  }

  // Phase 4: the order of making.
  order() {
    const placed = this.top.flatMap((node) => node.leaves());
    const orders = this.all('order');
    if (!orders.length) return placed;
    const layers = orders[0].order.map((i) => this.layers[i]);
    return [...layers.filter((node) => placed.includes(node)), ...this.extras];
  }

  // Phase 5.

  inputLayer(shape) {
    return this.tf.layers.inputLayer({inputShape: shape, name: this.names.input()});
  }

  makeNests() {
    const size = (nest) => nest.spec.end - nest.spec.begin;
    const sorted = [...this.nests].sort(
        (a, b) => size(a) - size(b) || a.spec.begin - b.spec.begin);
    for (const nest of sorted) {
      if (!nest.spec.own_input) throw new Unsupported('a nest without an input of its own');
      const layers = nest.children.map((child) => child.object);
      layers.unshift(this.inputLayer(this.shapeBefore(nest)));
      const name = nest.name || this.names.automatic('Sequential');
      nest.object = this.tf.sequential({layers, name});
      if (nest.frozen) nest.object.trainable = false;
    }
  }

  // Shape (without batch) that reaches the nest's first layer.
  shapeBefore(nest) {
    const first = nest.leaves()[0];
    let shape = [null, ...this.architecture.input_shape];
    for (const leaf of this.top.flatMap((node) => node.leaves())) {
      if (leaf === first) break;
      shape = leaf.object.computeOutputShape(shape);
    }
    return shape.slice(1);
  }

  // Phase 6.

  makeModel() {
    const layers = this.top.map((node) => node.object);
    const {how, input = 'given'} = this.assemble;
    const shape = this.architecture.input_shape;
    if (input !== 'given') throw new Unsupported(`step input:${input}`);
    let model;
    if (how === 'functional') {
      const inputs = this.tf.input({shape, name: this.names.input()});
      const outputs = layers.reduce((x, layer) => layer.apply(x), inputs);
      const name = this.model.name || this.names.automatic('Model');
      model = this.tf.model({inputs, outputs, name});
    } else if (how === 'list' || how === 'add') {
      const name = this.model.name || this.names.automatic('Sequential');
      const all = [this.inputLayer(shape), ...layers];
      model = this.tf.sequential(how === 'list' ? {layers: all, name} : {name});
      if (how === 'add') all.forEach((layer) => model.add(layer));
    } else {
      throw new Unsupported(`step assemble:${how}`);
    }
    if (this.model.frozen) model.trainable = false;
    this.model.object = model;
  }

  // Phase 7.

  async afterwards(step) {
    if (step.op === 'unfreeze' || (step.op === 'freeze' && step.after)) {
      if (step.part) throw new Unsupported('parts of a wrapper');
      this.target(step).object.trainable = step.op === 'unfreeze';
    } else if (step.op === 'pop') {
      this.pop(step);
    } else if (step.op === 'rebuild') {
      this.model.object = await this.rebuilt(this.model.object, step.how);
      this.adopt(this.top, this.model.object);
    }
  }

  rebuilt(model, how) {
    const kind = model.constructor;
    if (how === 'from_config') return kind.fromConfig(kind, model.getConfig());
    if (how !== 'json') throw new Unsupported(`step rebuild:${how}`);
    const json = JSON.parse(JSON.stringify(model.toJSON(null, false)));
    return this.tf.models.modelFromJSON(json);
  }

  adopt(nodes, container) {
    const layers = container.layers.filter((layer) => !isInput(layer));
    nodes.forEach((node, i) => {
      node.object = layers[i];
      if (node.kind === 'nest') this.adopt(node.children, layers[i]);
    });
  }

  pop(step) {
    const model = this.model.object;
    const nodes = this.top.slice(this.top.length - step.count);
    if (step.same === false && nodes.some((node) => node.kind === 'nest')) {
      throw new Unsupported('a nest made anew');
    }
    nodes.forEach(() => model.pop());
    for (const node of nodes) {
      if (step.same === false) node.object = this.layer(node.spec, node.name, node.frozen);
      model.add(node.object);
    }
  }
}

module.exports = {Player, STEPS};

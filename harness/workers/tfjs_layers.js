// The layers that weightproof plays on TensorFlow.js: how they are made of Keras's words, what
// Keras would call them, and their variables by id.
'use strict';

class Unsupported extends Error {}

// Whether an error is the worker's own fault: thrown in a file of this folder, not in the library.
function isOurs(error) {
  if (error instanceof Unsupported) return true;
  const frame = String(error.stack).split('\n').find((line) => /^\s+at /.test(line)) || '';
  return frame.includes(`${__dirname}/tfjs_`);
}

// Layers that do nothing in inference; they have no place in variable ids.
const NOOPS = new Set(['InputLayer', 'Dropout', 'SpatialDropout1D', 'GaussianNoise',
                       'GaussianDropout', 'AlphaDropout']);

// Every layer class played: its function in tf.layers, and the smallest arguments that make one.
const LAYERS = {
  Dense: ['dense', {units: 1}], Activation: ['activation', {activation: 'linear'}],
  ReLU: ['reLU', {}], LeakyReLU: ['leakyReLU', {}], PReLU: ['prelu', {}], ELU: ['elu', {}],
  Softmax: ['softmax', {}], Dropout: ['dropout', {rate: 0.5}],
  SpatialDropout1D: ['spatialDropout1d', {rate: 0.5}],
  GaussianNoise: ['gaussianNoise', {stddev: 0.5}],
  GaussianDropout: ['gaussianDropout', {rate: 0.5}], AlphaDropout: ['alphaDropout', {rate: 0.5}],
  Flatten: ['flatten', {}], Reshape: ['reshape', {target_shape: [1]}],
  BatchNormalization: ['batchNormalization', {}],
  LayerNormalization: ['layerNormalization', {}],
  Embedding: ['embedding', {input_dim: 1, output_dim: 1}],
  Conv1D: ['conv1d', {filters: 1, kernel_size: 1}],
  Conv2D: ['conv2d', {filters: 1, kernel_size: 1}],
  MaxPooling1D: ['maxPooling1d', {pool_size: 1}], MaxPooling2D: ['maxPooling2d', {pool_size: 1}],
  AveragePooling1D: ['averagePooling1d', {pool_size: 1}],
  AveragePooling2D: ['averagePooling2d', {pool_size: 1}],
  GlobalMaxPooling1D: ['globalMaxPooling1d', {}], GlobalMaxPooling2D: ['globalMaxPooling2d', {}],
  GlobalAveragePooling1D: ['globalAveragePooling1d', {}],
  GlobalAveragePooling2D: ['globalAveragePooling2d', {}],
  SimpleRNN: ['simpleRNN', {units: 1}], LSTM: ['lstm', {units: 1}],
  GRU: ['gru', {units: 1, reset_after: false}],
  DepthwiseConv2D: ['depthwiseConv2d', {kernel_size: 1}],
  SeparableConv2D: ['separableConv2d', {filters: 1, kernel_size: 1}],
  Conv2DTranspose: ['conv2dTranspose', {filters: 1, kernel_size: 1}],
};

// Where tf_keras has another default than TensorFlow.js.
const DEFAULTS = {
  LSTM: {recurrent_activation: 'sigmoid'},
  GRU: {recurrent_activation: 'sigmoid', reset_after: true},
};

// Arguments whose values are words that the two spell differently: hard_sigmoid, hardSigmoid.
const WORDS = new Set(['activation', 'recurrent_activation', 'data_format']);

const camel = (text) => text.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase());

// Automatic names as tf_keras gives them. Those of TensorFlow.js itself ("dense_Dense1") are in no
// file of Keras, so that every load by name would be refused: the worker gives them by hand.
class Names {
  constructor() { this.counts = new Map(); }
  clear() { this.counts.clear(); }
  automatic(className) {
    const base = className.replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
        .replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
    const count = this.counts.get(base) || 0;
    this.counts.set(base, count + 1);
    return count ? `${base}_${count}` : base;
  }
  input() {
    const count = (this.counts.get('input') || 0) + 1;
    this.counts.set('input', count);
    return `input_${count}`;
  }
}

function makeLayer(tf, names, className, config, name, frozen) {
  if (!Object.hasOwn(LAYERS, className)) throw new Unsupported(`layer ${className}`);
  const given = {...DEFAULTS[className], ...config};
  if (className === 'LeakyReLU' && 'negative_slope' in given) {  // the case's word
    given.alpha = given.negative_slope;
    delete given.negative_slope;
  }
  const options = {};
  for (const [key, value] of Object.entries(given)) {
    options[camel(key)] = WORDS.has(key) && typeof value === 'string' ? camel(value) : value;
  }
  options.name = name || names.automatic(className);
  if (frozen) options.trainable = false;
  let layer;
  try {
    layer = tf.layers[LAYERS[className][0]](options);
  } catch (error) {
    if (isOurs(error)) throw error;
    throw new Unsupported(`build: ${error.name}: ${error.message.split('\n')[0]}`);
  }
  // The library ignores arguments that it does not know.
  const known = layer.getConfig();
  for (const key of Object.keys(given)) {
    if (!(camel(key) in known)) throw new Unsupported(`argument ${key} of ${className}`);
  }
  return layer;
}

const isInput = (layer) => layer.getClassName() === 'InputLayer';

// Pairs of variable id and variable: computing layers in the order of calls, models flattened.
function variablesOf(tf, model) {
  const leaves = [];
  const walk = (container) => {
    for (const layer of container.layers) {
      if (layer instanceof tf.LayersModel) {
        walk(layer);
      } else if (!NOOPS.has(layer.getClassName()) && !isLinear(layer)) {
        leaves.push(layer);
      }
    }
  };
  walk(model);
  return leaves.flatMap((layer, index) => layer.weights.map((variable) => {
    let role = variable.originalName.split('/').pop();
    if (role === 'depthwise_kernel' && layer.getClassName() === 'DepthwiseConv2D') role = 'kernel';
    return [`${index}/${role}`, variable];
  }));
}

function isLinear(layer) {
  return layer.getClassName() === 'Activation' && layer.getConfig().activation === 'linear';
}

module.exports = {LAYERS, Names, Unsupported, isInput, isOurs, makeLayer, variablesOf};

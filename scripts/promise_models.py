"""The models that scripts/promises.py plays: input shape and at least four layers, by name."""


def layer(name, *held, **config):
    return {"class": name, "config": config, **({"layers": list(held)} if held else {})}


DENSE = layer("Dense", units=3)
ARCHITECTURES = {  # name: input shape, at least four layers
    "equal siblings": ([3], [DENSE, DENSE, DENSE, DENSE]),
    "unequal siblings": ([3], [layer("Dense", units=4), layer("Dense", units=5),
                               layer("Dense", units=6), layer("Dense", units=2)]),
    "normalization": ([3], [DENSE, layer("BatchNormalization"), DENSE,
                            layer("BatchNormalization")]),
    "equal recurrent": ([4, 3], [layer("LSTM", units=3, return_sequences=True)] * 3
                        + [layer("LSTM", units=3)]),
    "mixed recurrent": ([4, 3], [layer("SimpleRNN", units=3, return_sequences=True),
                                 layer("GRU", units=3, return_sequences=True),
                                 layer("BatchNormalization"),
                                 layer("GRU", units=3, reset_after=False)]),
    "embedding": ([4], [layer("Embedding", input_dim=5, output_dim=3), layer("LayerNormalization"),
                        layer("LSTM", units=3), DENSE]),
    "convolution": ([6, 3], [layer("Conv1D", filters=3, kernel_size=1), layer("ReLU"),
                             layer("Conv1D", filters=3, kernel_size=1), layer("Flatten"), DENSE]),
    "images": ([4, 4, 2], [layer("Conv2D", filters=2, kernel_size=1), layer("MaxPooling2D"),
                           layer("Conv2D", filters=2, kernel_size=1),
                           layer("GlobalAveragePooling2D"), layer("Dense", units=2)]),
    "weightless between": ([3], [layer("Activation", activation="tanh"), DENSE, layer("ReLU"),
                                 DENSE, layer("LeakyReLU"), DENSE, layer("Softmax")]),
    "own state": ([4], [layer("Normalization"), layer("Dense", units=4),
                        layer("GroupNormalization", groups=2), layer("Normalization"),
                        layer("EinsumDense", equation="ab,bc->ac", output_shape=[4],
                              bias_axes="c")]),
    "filters": ([4, 4, 2], [layer("DepthwiseConv2D", kernel_size=1),
                            layer("SeparableConv2D", filters=2, kernel_size=1),
                            layer("DepthwiseConv2D", kernel_size=1),
                            layer("Conv2DTranspose", filters=2, kernel_size=1)]),
    "halves": ([4, 4], [layer("Bidirectional", layer("GRU", units=4, return_sequences=True),
                              merge_mode="sum"), layer("Dense", units=4),
                        layer("Bidirectional", layer("GRU", units=4, return_sequences=True),
                              merge_mode="ave"),
                        layer("Bidirectional", layer("LSTM", units=2))]),
    "held": ([4, 3], [layer("TimeDistributed", layer("Dense", units=3)),
                      layer("RNN", layer("LSTMCell", units=3), layer("LSTMCell", units=3),
                            return_sequences=True),
                      layer("TimeDistributed", layer("BatchNormalization")),
                      layer("TimeDistributed", layer("Dense", units=3)),
                      layer("RNN", layer("GRUCell", units=3), layer("GRUCell", units=3))]),
    "own parameters": ([3], [layer("PReLU"), DENSE, layer("PReLU"), layer("LayerNormalization"),
                             layer("BatchNormalization")]),
}


def graph(shape, layers, calls, outputs, **more):
    return dict({"input_shape": shape, "layers": layers, "calls": calls, "outputs": outputs}, **more)


GRU = layer("GRU", units=3, return_sequences=True)
GRAPHS = {  # functional graphs: calls and outputs as CASE.md has them
    "branches": graph([3], [DENSE] * 4 + [layer("Add")],
                      [[0, -1], [1, 0], [2, 0], [4, 1, 2], [3, 3]], [4]),
    "two inputs": graph([3], [DENSE, DENSE, layer("BatchNormalization"), layer("Average"), DENSE],
                        [[0, -1], [1, -2], [2, 1], [3, 0, 2], [4, 3]], [4], more_inputs=[[3]]),
    "two outputs": graph([3], [DENSE] * 4, [[0, -1], [1, 0], [2, 0], [3, 2]], [1, 3]),
    "shared": graph([3], [DENSE, DENSE, layer("Maximum"), DENSE],
                    [[0, -1], [1, 0], [0, 1], [2, 1, 2], [3, 3]], [4]),
    "three branches": graph([3], [DENSE] * 4 + [layer("Multiply")],
                            [[0, -1], [1, -1], [2, -1], [4, 0, 1, 2], [3, 3]], [4]),
    "deep and shallow": graph([3], [DENSE] * 5 + [layer("Add")],
                              [[0, -1], [1, 0], [2, 1], [3, -1], [5, 2, 3], [4, 4]], [5]),
    "sequences": graph([4, 3], [GRU, GRU, layer("Bidirectional", GRU, merge_mode="sum"),
                                layer("Add"), layer("LSTM", units=2)],
                       [[0, -1], [1, 0], [2, 0], [3, 1, 2], [4, 3]], [4]),
}

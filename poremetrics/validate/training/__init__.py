"""Make the weights of the network that tells pores from other dark spots.

    python sample_images/make --base FOLDER --training 22 --out FACES
    python -m poremetrics.validate.training FACES > poremetrics/pores/weights/pores.onnx

The first command renders people who are not among the samples, the second shows the network crops
of them and of synthetic skin of every tone and scale. It needs PyTorch and onnx (dependency group
``training``); the package itself needs neither. The sample faces are never shown: they judge.
"""

"""Images a second of augmentations in a library, batches of 16 images (uint8, 3
channels, already decoded) to float32 in [0, 1].

usage: augmentation.py LIBRARY SIZE THREADS [CASE ...]
LIBRARY is albumentations, torchvision, kornia or keras. Prints a line for each
case that the library has: CASE, a tab, images a second. The cases of several
operations take a mask along.
"""
import os
import sys
import time

LIBRARY, SIZE, THREADS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
CASES = sys.argv[4:]
for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ[name] = str(THREADS)
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np

SAMPLES = 16
random = np.random.default_rng(0)
# Smooth, as photographs are: what a histogram or a codec does depends on it.
small = random.integers(0, 256, (SAMPLES, 16, 16, 3)).astype(np.uint8)
IMAGES = small.repeat(SIZE // 16 + 1, 1).repeat(SIZE // 16 + 1, 2)
IMAGES = np.ascontiguousarray(IMAGES[:, :SIZE, :SIZE])
MASKS = (IMAGES[..., :1] > 127).astype(np.uint8)


def of_albumentations():
    import albumentations as a
    import cv2
    cv2.setNumThreads(THREADS)
    reflect = {"border_mode": cv2.BORDER_REFLECT}
    affine = [a.HorizontalFlip(p=.5), a.VerticalFlip(p=.5),
              a.Affine(rotate=(-36, 36), scale=(.8, 1.2), p=1, **reflect)]
    jitter = [a.ColorJitter(.2, .2, .2, .05, p=1),
              a.Erasing(p=.5)]
    operations = {
        "flip, rotation, zoom": affine,
        "with jitter and erasing": affine + jitter,
        "flip": affine[:2],
        "rotation": [a.Affine(rotate=(-36, 36), p=1, **reflect)],
        "zoom": [a.Affine(scale=(.8, 1.2), p=1, **reflect)],
        "translation": [a.Affine(translate_percent=(-.2, .2), p=1, **reflect)],
        "shear": [a.Affine(shear=(-15, 15), p=1, **reflect)],
        "perspective": [a.Perspective(scale=(.05, .1), p=1)],
        "resized crop": [a.RandomResizedCrop((SIZE, SIZE), p=1)],
        "elastic": [a.ElasticTransform(alpha=50, sigma=10, p=1)],
        "grid distortion": [a.GridDistortion(p=1)],
        "optical distortion": [a.OpticalDistortion(p=1)],
        "brightness": [a.RandomBrightnessContrast(.2, 0, p=1)],
        "contrast": [a.RandomBrightnessContrast(0, .2, p=1)],
        "saturation": [a.ColorJitter(0, 0, .2, 0, p=1)],
        "hue": [a.ColorJitter(0, 0, 0, .05, p=1)],
        "color jitter": [a.ColorJitter(.2, .2, .2, .05, p=1)],
        "grayscale": [a.ToGray(p=1)],
        "gamma": [a.RandomGamma(p=1)],
        "channel shuffle": [a.ChannelShuffle(p=1)],
        "invert": [a.InvertImg(p=1)],
        "solarize": [a.Solarize(p=1)],
        "posterize": [a.Posterize(p=1)],
        "autocontrast": [a.AutoContrast(p=1)],
        "equalize": [a.Equalize(p=1)],
        "clahe": [a.CLAHE(p=1)],
        "sharpness": [a.Sharpen(p=1)],
        "gaussian blur": [a.GaussianBlur(blur_limit=(7, 7), p=1)],
        "motion blur": [a.MotionBlur(blur_limit=(7, 7), p=1)],
        "gaussian noise": [a.GaussNoise(p=1)],
        "salt and pepper": [a.SaltAndPepper(p=1)],
        "jpeg": [a.ImageCompression(quality_range=(30, 95), p=1)],
        "erasing": [a.Erasing(p=1)],
        "grid mask": [a.GridDropout(p=1)],
    }

    def run(name):
        compose = a.Compose(operations[name])
        if name in PIPELINES:
            out = [compose(image=x, mask=y) for x, y in zip(IMAGES, MASKS)]
            return (np.stack([o["image"] for o in out]).astype(np.float32) / 255,
                    np.stack([o["mask"] for o in out]))
        out = [compose(image=x)["image"] for x in IMAGES]
        return np.stack(out).astype(np.float32) / 255
    return operations, run


def of_torchvision():
    import torch
    from torchvision import tv_tensors
    from torchvision.transforms import v2
    torch.set_num_threads(THREADS)
    images = torch.from_numpy(IMAGES).permute(0, 3, 1, 2).contiguous()
    masks = torch.from_numpy(MASKS).permute(0, 3, 1, 2).contiguous()
    bilinear = v2.InterpolationMode.BILINEAR
    affine = [v2.RandomHorizontalFlip(), v2.RandomVerticalFlip(),
              v2.RandomAffine(36, scale=(.8, 1.2), interpolation=bilinear)]
    jitter = [v2.ColorJitter(.2, .2, .2, .05)]
    to_float = v2.ToDtype(torch.float32, scale=True)
    operations = {
        "flip, rotation, zoom": affine + [to_float],
        "with jitter and erasing": affine + jitter + [to_float,
                                                      v2.RandomErasing(.5)],
        "flip": affine[:2] + [to_float],
        "rotation": [v2.RandomRotation(36, interpolation=bilinear), to_float],
        "zoom": [v2.RandomAffine(0, scale=(.8, 1.2), interpolation=bilinear),
                 to_float],
        "translation": [v2.RandomAffine(0, (.2, .2), interpolation=bilinear),
                        to_float],
        "shear": [v2.RandomAffine(0, shear=15, interpolation=bilinear),
                  to_float],
        "perspective": [v2.RandomPerspective(.2, 1), to_float],
        "resized crop": [v2.RandomResizedCrop(SIZE, antialias=False), to_float],
        "elastic": [v2.ElasticTransform(50., 10.), to_float],
        "brightness": [v2.ColorJitter(.2), to_float],
        "contrast": [v2.ColorJitter(0, .2), to_float],
        "saturation": [v2.ColorJitter(0, 0, .2), to_float],
        "hue": [v2.ColorJitter(0, 0, 0, .05), to_float],
        "color jitter": jitter + [to_float],
        "grayscale": [v2.Grayscale(3), to_float],
        "channel shuffle": [v2.RandomChannelPermutation(), to_float],
        "invert": [v2.RandomInvert(1), to_float],
        "solarize": [v2.RandomSolarize(128, 1), to_float],
        "posterize": [v2.RandomPosterize(4, 1), to_float],
        "autocontrast": [v2.RandomAutocontrast(1), to_float],
        "equalize": [v2.RandomEqualize(1), to_float],
        "sharpness": [v2.RandomAdjustSharpness(1.5, 1), to_float],
        "gaussian blur": [v2.GaussianBlur(7), to_float],
        "gaussian noise": [to_float, v2.GaussianNoise()],
        "jpeg": [v2.JPEG((30, 95)), to_float],
        "erasing": [to_float, v2.RandomErasing(1)],
        "mixup": [to_float, v2.MixUp(num_classes=10)],
        "cutmix": [to_float, v2.CutMix(num_classes=10)],
    }
    labels = torch.arange(SAMPLES) % 10

    def run(name):
        compose = v2.Compose(operations[name])
        if name in ("mixup", "cutmix"):
            return compose(images, labels)
        if name in PIPELINES:
            return [compose(tv_tensors.Image(x), tv_tensors.Mask(y))
                    for x, y in zip(images, masks)]
        return [compose(x) for x in images]
    return operations, run


def of_kornia():
    import torch
    import kornia.augmentation as k
    torch.set_num_threads(THREADS)
    images = torch.from_numpy(IMAGES).permute(0, 3, 1, 2).contiguous()
    masks = torch.from_numpy(MASKS).permute(0, 3, 1, 2).contiguous()
    affine = [k.RandomHorizontalFlip(), k.RandomVerticalFlip(),
              k.RandomAffine(36., scale=(.8, 1.2), p=1.)]
    jitter = [k.ColorJitter(.2, .2, .2, .05, p=1.)]
    operations = {
        "flip, rotation, zoom": affine,
        "with jitter and erasing": affine + jitter + [k.RandomErasing(p=.5)],
        "flip": affine[:2],
        "rotation": [k.RandomRotation(36., p=1.)],
        "zoom": [k.RandomAffine(0., scale=(.8, 1.2), p=1.)],
        "translation": [k.RandomAffine(0., translate=(.2, .2), p=1.)],
        "shear": [k.RandomShear(15., p=1.)],
        "perspective": [k.RandomPerspective(.2, p=1.)],
        "resized crop": [k.RandomResizedCrop((SIZE, SIZE), p=1.)],
        "elastic": [k.RandomElasticTransform(p=1.)],
        "brightness": [k.RandomBrightness((.8, 1.2), p=1.)],
        "contrast": [k.RandomContrast((.8, 1.2), p=1.)],
        "saturation": [k.RandomSaturation((.8, 1.2), p=1.)],
        "hue": [k.RandomHue((-.05, .05), p=1.)],
        "color jitter": jitter,
        "grayscale": [k.RandomGrayscale(p=1.)],
        "gamma": [k.RandomGamma((.8, 1.2), p=1.)],
        "channel shuffle": [k.RandomChannelShuffle(p=1.)],
        "invert": [k.RandomInvert(p=1.)],
        "solarize": [k.RandomSolarize(p=1.)],
        "posterize": [k.RandomPosterize(4., p=1.)],
        "autocontrast": [k.RandomAutoContrast(p=1.)],
        "equalize": [k.RandomEqualize(p=1.)],
        "clahe": [k.RandomClahe(p=1.)],
        "sharpness": [k.RandomSharpness(p=1.)],
        "gaussian blur": [k.RandomGaussianBlur((7, 7), (.1, 2.), p=1.)],
        "motion blur": [k.RandomMotionBlur(7, 35., .5, p=1.)],
        "gaussian noise": [k.RandomGaussianNoise(p=1.)],
        "salt and pepper": [k.RandomSaltAndPepperNoise(p=1.)],
        "erasing": [k.RandomErasing(p=1.)],
    }

    def run(name):
        keys = ["input", "mask"] if name in PIPELINES else ["input"]
        sequence = k.AugmentationSequential(*operations[name], data_keys=keys)
        batch = images.float() / 255
        return sequence(batch, masks.float()) if len(keys) > 1 else sequence(batch)
    return operations, run


def of_keras():
    import keras
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    l = keras.layers
    affine = [l.RandomFlip(), l.RandomRotation(.1), l.RandomZoom(.2)]
    unit = {"value_range": (0, 1)}
    jitter = [l.RandomColorJitter(value_range=(0, 1), brightness_factor=.2,
                                  contrast_factor=.2, saturation_factor=(.4, .6),
                                  hue_factor=.05)]
    operations = {
        "flip, rotation, zoom": affine,
        "flip": affine[:1],
        "rotation": affine[1:2],
        "zoom": affine[2:],
        "translation": [l.RandomTranslation(.2, .2)],
        "shear": [l.RandomShear(.2, .2)],
        "perspective": [l.RandomPerspective(1., .2)],
        "elastic": [l.RandomElasticTransform(1.)],
        "brightness": [l.RandomBrightness(.2, **unit)],
        "contrast": [l.RandomContrast((.2, .2), **unit)],
        "saturation": [l.RandomSaturation((.4, .6), **unit)],
        "hue": [l.RandomHue(.05, **unit)],
        "color jitter": jitter,
        "grayscale": [l.RandomGrayscale(1.)],
        "invert": [l.RandomInvert(1., **unit)],
        "posterize": [l.RandomPosterization(4, **unit)],
        "solarize": [l.Solarization(threshold_factor=.5, **unit)],
        "autocontrast": [l.AutoContrast(**unit)],
        "equalize": [l.Equalization(**unit)],
        "sharpness": [l.RandomSharpness(.5, **unit)],
        "gaussian blur": [l.RandomGaussianBlur(1., 7, 1., **unit)],
        "erasing": [l.RandomErasing(1., **unit)],
    }
    images, masks = tf.constant(IMAGES), tf.constant(MASKS)
    functions = {}

    def run(name):
        if name not in functions:
            layers = operations[name]

            @tf.function
            def function(x, y):
                z = tf.cast(x, tf.float32) / 255
                if name in PIPELINES:
                    z = tf.concat([z, tf.cast(y, tf.float32)], -1)
                for layer in layers:
                    z = layer(z, training=True)
                return z
            functions[name] = function
        return functions[name](images, masks)
    return operations, run


PIPELINES = ("flip, rotation, zoom", "with jitter and erasing")
operations, run = {"albumentations": of_albumentations,
                   "torchvision": of_torchvision, "kornia": of_kornia,
                   "keras": of_keras}[LIBRARY]()
for case in CASES or operations:
    if case not in operations:
        continue
    try:
        run(case)
    except Exception as error:  # a library's own fault is no reason to stop
        print(f"{case}: {error}", file=sys.stderr)
        continue
    best = 0
    for _ in range(3):
        start, images = time.perf_counter(), 0
        while time.perf_counter() - start < 0.3:
            run(case)
            images += SAMPLES
        best = max(best, images / (time.perf_counter() - start))
    print(f"{case}\t{best:.1f}", flush=True)

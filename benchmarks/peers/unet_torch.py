"""The U-Net of models/unet.h in PyTorch, as a careful user would write it.

usage: unet_torch.py [--inference] [--batch N] [--steps N]
       [--device cpu|cuda] [--precision fp32|tf32|bf16]
       [--compile reduce-overhead|max-autotune] [--wait FILE]
Prints milliseconds of a step on data in memory and the peak memory.
"""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

import timing


class Separable(nn.Module):
    def __init__(self, channels, filters):
        super().__init__()
        self.depthwise = nn.Conv2d(
            channels, channels, 3, padding=1, groups=channels, bias=False)
        self.pointwise = nn.Conv2d(channels, filters, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


def norm(filters):
    return nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01)


class Down(nn.Module):
    def __init__(self, channels, filters):
        super().__init__()
        self.first = Separable(channels, filters)
        self.second = Separable(filters, filters)
        self.norms = nn.ModuleList([norm(filters), norm(filters)])
        self.residual = nn.Conv2d(channels, filters, 1, stride=2)

    def forward(self, x):
        y = self.norms[0](self.first(F.relu(x)))
        y = self.norms[1](self.second(F.relu(y)))
        y = F.pad(y, (0, 1, 0, 1), value=float("-inf"))  # Keras' SAME
        return F.max_pool2d(y, 3, 2) + self.residual(x)


class Up(nn.Module):
    def __init__(self, channels, filters):
        super().__init__()
        self.first = nn.ConvTranspose2d(channels, filters, 3, padding=1)
        self.second = nn.ConvTranspose2d(filters, filters, 3, padding=1)
        self.norms = nn.ModuleList([norm(filters), norm(filters)])
        self.residual = nn.Conv2d(channels, filters, 1)

    def forward(self, x):
        y = self.norms[0](self.first(F.relu(x)))
        y = self.norms[1](self.second(F.relu(y)))
        y = F.interpolate(y, scale_factor=2)
        return y + self.residual(F.interpolate(x, scale_factor=2))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, stride=2)
        self.norm = norm(32)
        self.body = nn.Sequential(
            Down(32, 64), Down(64, 128), Down(128, 256),
            Up(256, 256), Up(256, 128), Up(128, 64), Up(64, 32))
        self.head = nn.Conv2d(32, 1, 3, padding=1)

    def forward(self, x):
        x = self.stem(F.pad(x, (0, 1, 0, 1)))
        return self.head(self.body(F.relu(self.norm(x))))


def main():
    options = timing.parse(__doc__)
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(0)
    if options.precision == "tf32":
        torch.backends.fp32_precision = "tf32"
    device = options.device
    on_gpu = device == "cuda"
    in_bfloat16 = on_gpu or options.precision == "bf16"
    model = UNet().to(device, memory_format=torch.channels_last)
    x = torch.rand(options.batch, 3, 224, 224)
    x = x.to(device, memory_format=torch.channels_last)
    y = (torch.rand(options.batch, 1, 224, 224) > 0.5).float().to(device)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
    if on_gpu:
        torch.backends.cudnn.benchmark = True
        model = torch.compile(model, mode=options.compile)

    def in_precision():
        return torch.autocast(device, torch.bfloat16, enabled=in_bfloat16)

    def train():
        optimizer.zero_grad(set_to_none=True)
        with in_precision():
            loss = F.binary_cross_entropy_with_logits(model(x), y)
        loss.backward()
        optimizer.step()

    def predict():
        with torch.inference_mode(), in_precision():
            torch.sigmoid(model(x))

    if options.inference:
        model.eval()
    timing.measure(predict if options.inference else train, options.steps,
                   device=device, wait=options.wait)


main()

"""EfficientNetB0 and a dense layer of ten classes in PyTorch.

usage: efficientnet_torch.py [--inference] [--batch N] [--steps N]
       [--device cpu|cuda] [--precision fp32|tf32|bf16]
       [--compile reduce-overhead|max-autotune] [--wait FILE]
Prints milliseconds of a step on data in memory and the peak memory.
"""
import os

import torch
import torch.nn.functional as F
import torchvision

import timing


def main():
    options = timing.parse(__doc__)
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(0)
    if options.precision == "tf32":
        torch.backends.fp32_precision = "tf32"
    model = torch.nn.Sequential(
        torchvision.models.efficientnet_b0(), torch.nn.Linear(1000, 10))
    device = options.device
    on_gpu = device == "cuda"
    in_bfloat16 = on_gpu or options.precision == "bf16"
    model = model.to(device, memory_format=torch.channels_last)
    x = torch.rand(options.batch, 3, 224, 224)
    x = x.to(device, memory_format=torch.channels_last)
    y = torch.randint(0, 10, (options.batch,)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=True)
    if on_gpu:
        torch.backends.cudnn.benchmark = True
        model = torch.compile(model, mode=options.compile)

    def in_precision():
        return torch.autocast(device, torch.bfloat16, enabled=in_bfloat16)

    def train():
        optimizer.zero_grad(set_to_none=True)
        with in_precision():
            loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()

    def predict():
        with torch.inference_mode(), in_precision():
            model(x)

    if options.inference:
        model.eval()
    timing.measure(predict if options.inference else train, options.steps,
                   device=device, wait=options.wait)


main()

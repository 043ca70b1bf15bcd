#pragma once

/// What the CPU and CUDA kernels compute with alike.
#ifdef __CUDACC__
#define LATHE_HOST_DEVICE __host__ __device__
#else
#define LATHE_HOST_DEVICE
#endif

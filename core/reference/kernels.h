#pragma once

#include "core/graph/operation.h"
#include "core/kernel.h"

namespace lathe::reference {

// Each in the file named after the header of its operation.
Kernel make(const graph::Convolution&, const Signature&);
Kernel make(const graph::ConvolutionInputGradient&, const Signature&);
Kernel make(const graph::ConvolutionWeightGradient&, const Signature&);
Kernel make(const graph::MatrixProduct&, const Signature&);
Kernel make(const graph::Activation&, const Signature&);
Kernel make(const graph::ActivationGradient&, const Signature&);
Kernel make(const graph::Excitation&, const Signature&);
Kernel make(const graph::ExcitationGradient&, const Signature&);
Kernel make(const graph::Softmax&, const Signature&);
Kernel make(const graph::SoftmaxGradient&, const Signature&);
Kernel make(const graph::BatchNormalization&, const Signature&);
Kernel make(const graph::BatchNormalizationGradient&, const Signature&);
Kernel make(const graph::FixedNormalization&, const Signature&);
Kernel make(const graph::FixedNormalizationGradient&, const Signature&);
Kernel make(const graph::ExpandedConvolution&, const Signature&);
Kernel make(const graph::NormalizedConvolutionGradient&, const Signature&);
Kernel make(const graph::NormalizedExpansionGradient&, const Signature&);
Kernel make(const graph::ConvolutionStatistics&, const Signature&);
Kernel make(const graph::NormalizedWeights&, const Signature&);
Kernel make(const graph::MovingStatistics&, const Signature&);
Kernel make(const graph::MaxPooling&, const Signature&);
Kernel make(const graph::MaxPoolingGradient&, const Signature&);
Kernel make(const graph::AveragePooling&, const Signature&);
Kernel make(const graph::AveragePoolingGradient&, const Signature&);
Kernel make(const graph::UpSampling&, const Signature&);
Kernel make(const graph::UpSamplingGradient&, const Signature&);
Kernel make(const graph::Add&, const Signature&);
Kernel make(const graph::Multiply&, const Signature&);
Kernel make(const graph::ReduceSum&, const Signature&);
Kernel make(const graph::Affine&, const Signature&);
Kernel make(const graph::Constant&, const Signature&);
Kernel make(const graph::Increment&, const Signature&);
Kernel make(const graph::Cast&, const Signature&);
Kernel make(const graph::Concatenate&, const Signature&);
Kernel make(const graph::Slice&, const Signature&);
Kernel make(const graph::Pad&, const Signature&);
Kernel make(const graph::Reshape&, const Signature&);
Kernel make(const graph::MergedWeights&, const Signature&);
Kernel make(const graph::MergedWeightsGradient&, const Signature&);
Kernel make(const graph::Dropout&, const Signature&);
Kernel make(const graph::Augmentation&, const Signature&);
Kernel make(const graph::BinaryCrossentropy&, const Signature&);
Kernel make(const graph::BinaryCrossentropyGradient&, const Signature&);
Kernel make(const graph::CategoricalCrossentropy&, const Signature&);
Kernel make(const graph::CategoricalCrossentropyGradient&, const Signature&);
Kernel make(const graph::Dice&, const Signature&);
Kernel make(const graph::DiceGradient&, const Signature&);
Kernel make(const graph::PredictedClass&, const Signature&);
Kernel make(const graph::ConfusionMatrix&, const Signature&);
Kernel make(const graph::TopK&, const Signature&);
Kernel make(const graph::Adam&, const Signature&);
Kernel make(const graph::SGD&, const Signature&);
Kernel make(const graph::RMSprop&, const Signature&);
Kernel make(const graph::Lion&, const Signature&);
Kernel make(const graph::AccumulateGradients&, const Signature&);
Kernel make(const graph::GradientScales&, const Signature&);
Kernel make(const graph::WeightAverages&, const Signature&);
Kernel make(const graph::StartAllReduce&, const Signature&);
Kernel make(const graph::WaitAllReduce&, const Signature&);
Kernel make(const graph::TargetShare&, const Signature&);

/// The kernel for a node of this signature.
Kernel make_kernel(const graph::Operation& operation,
                   const Signature& signature);

}  // namespace lathe::reference

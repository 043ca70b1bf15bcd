#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/device.h"
#include "core/graph/graph.h"
#include "core/kernel.h"

namespace lathe::graph {

/// Rewrites a graph into one that computes the same values faster.
struct Pass {
  std::string_view name;
  std::function<void(Graph& graph)> run;
};

/// Whether an operation is to compute with bfloat16, its values being of that
/// signature. Asked only where it can: graph/bfloat16.h.
using Bfloat16Choice = std::function<bool(const Operation&, const Signature&)>;

/// The passes in the order in which they run on a forward graph, before
/// differentiation, for the device that it is compiled for. Each is in the file
/// of its name; any can be switched off by name.
std::vector<Pass> forward_passes(Device device = Device::cpu);

/// Those that run on the finished graph, when it is compiled for the device.
/// Without a `choice` everything stays float32.
std::vector<Pass> final_passes(const Bfloat16Choice& choice = {},
                               Device device = Device::cpu);

/// What else the compiler does that can be switched off like a pass.
inline constexpr std::string_view kCompilerChoices[] = {
    "digits",       "in_place",
    "liveness",     "measured_precision",
    "prepare_once", "recompute_gated_images",
    "winograd"};

/// Runs the passes whose names are not in `disabled`; throws Error for a name
/// that no pass has.
void run_passes(Graph& graph, const std::vector<Pass>& passes,
                const std::vector<std::string>& disabled);

/// Removes nodes whose results nobody reads, and rectifiers of what is already
/// rectified.
void remove_dead_work(Graph& graph);

/// Joins a batch normalisation with the activation, or with the sum, that alone
/// reads it.
void fuse_normalization(Graph& graph);

/// The same for normalisations with given statistics: a final pass, for the
/// joined ones have no gradient.
void fuse_fixed_normalization(Graph& graph);

/// Lets convolutions and their input gradients end in the activation, or the
/// sum, that alone reads them.
void fuse_convolution(Graph& graph);

/// Replaces the gradient of a bias before a batch normalisation, which is the
/// sum of what adds up to zero, by zero.
void remove_zero_sums(Graph& graph);

/// Puts the normalisation with given statistics that alone reads a convolution
/// into its weights, which a node computes from both.
void fold_normalization(Graph& graph);

/// Moves nearest upsampling behind activations, 1x1 convolutions and sums,
/// which then cost a fraction: up(a) + conv(up(b)) = up(a + conv(b)).
void fold_upsampling(Graph& graph);

/// Lets a convolution add the zeros around its image itself.
void fold_padding(Graph& graph);

/// Joins neighbouring augmentations into one effect, which resamples once where
/// separate ones would one after the other.
void join_augmentations(Graph& graph);

/// Makes nearest upsampling and the convolution after it, transposed or (on
/// CUDA with few filters only) not, one transposed convolution, with strides
/// and a larger kernel made from its own: for a factor of 2 and a 3x3
/// kernel 2.25 times less work.
void merge_upsampling(Graph& graph, Device device);

/// Adds the gradient of an image's mean to a product where that is computed, as
/// squeeze-and-excite has it: a b + up(c / pixels).
void fold_mean_gradient(Graph& graph);

/// Joins the nodes that move running statistics, which are small and many.
void join_moving_statistics(Graph& graph);

/// Lets the gate of squeeze-and-excite scale, in place of an image's channels,
/// the weights of the convolution that reads them, which are then each
/// sample's: where an image has many pixels beside filters. Not on CUDA, and
/// not with bfloat16, for which there are no kernels of such weights.
void fold_gate(Graph& graph);

/// Lets operations compute with bfloat16 where they can and `choice` says so:
/// from convolutions and matrix products on, as far as values are handed on
/// that way. Casts stand where such a value meets what needs float32 and where
/// one is made from float32; the weights have theirs in one node at the start,
/// so that they are right after every change. What the caller sees stays
/// float32.
void mixed_precision(Graph& graph, const Bfloat16Choice& choice);

/// Joins the two products of squeeze-and-excite and their activations, each of
/// which is so small that it costs its start.
void join_excitation(Graph& graph);

/// Joins a sigmoid or softmax with the crossentropy that reads it, which is
/// exact where the probabilities saturate.
void join_loss(Graph& graph);

/// Joins the gradient of a batch normalisation with the two of the convolution
/// of single pixels before it, so that what flows between them isn't kept. Not
/// on CUDA, which has no kernel for that.
void join_normalization_gradient(Graph& graph);

/// Joins a convolution of single pixels to many channels with the depthwise one
/// that alone reads it, where images are large. Not on CUDA, which has no
/// kernel for that.
void join_expansion(Graph& graph);

/// The same in training, with the normalisation between the two: the expanded
/// image isn't kept but made again on the way back, and the statistics are
/// those that follow from what is expanded. Needs
/// join_normalization_gradient.
void join_expansion_gradient(Graph& graph);

/// Lets depthwise and expanded convolutions give the mean of their results over
/// all pixels too, as squeeze-and-excite needs it where a model predicts. Not
/// on CUDA, which has no kernels for that.
void join_means(Graph& graph);

/// Not among the passes above: replaces values (the gradients) by their sums
/// over ranks, in place. A bucket begins as soon as values of `bucket_bytes`
/// are there, in the order in which the nodes compute them, so that others are
/// computed meanwhile; all end behind the last node.
void all_reduce(Graph& graph, const std::vector<ValueId>& ids,
                const std::shared_ptr<Communicator>& ranks,
                std::size_t bucket_bytes = std::size_t{4} << 20);

}  // namespace lathe::graph

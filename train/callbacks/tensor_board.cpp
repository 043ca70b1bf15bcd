#include "train/callbacks/tensor_board.h"

#include "core/error.h"
#include "core/image/write_image.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

constexpr std::string_view kValidation = "val_";
constexpr int kQuality = 90;

double a_second(std::int64_t steps, double seconds) {
  return seconds > 0 ? static_cast<double>(steps) / seconds : 0;
}

}  // namespace

TensorBoard::TensorBoard(std::filesystem::path log_dir,
                         TensorBoardOptions options)
    : log_dir_(std::move(log_dir)), options_(std::move(options)) {
  if (options_.update_freq < 0) {
    fail("TensorBoard: update_freq is ", options_.update_freq,
         "; it is a number of steps, or 0 for epochs alone");
  }
}

void TensorBoard::on_train_begin(Trainer& trainer) {
  if (trainer.position().step == 0) {
    EventFile::remove_all(log_dir_ / "train");
    EventFile::remove_all(log_dir_ / "validation");
  }
  validation_.reset();
  steps_timed_ = 0;
  train_.emplace(log_dir_ / "train");
  if (!options_.text.empty()) {
    train_->add_text("options", trainer.position().epoch, options_.text);
  }
  train_->flush();
}

void TensorBoard::on_step_end(Trainer&, const StepReport& report) {
  ++steps_timed_;
  if (options_.update_freq == 0 || report.step % options_.update_freq != 0) {
    return;
  }
  for (const auto& [name, value] : report.logs) {
    train_->add_scalar("batch_" + name, report.step, value);
  }
  train_->add_scalar("batch_learning_rate", report.step, report.learning_rate);
  if (options_.write_steps_per_second) {
    train_->add_scalar("batch_steps_per_second", report.step,
                       a_second(1, report.milliseconds / 1000));
  }
  train_->flush();
}

void TensorBoard::on_epoch_end(Trainer& trainer, const EpochReport& report) {
  const std::int64_t epoch = report.epoch - 1;
  for (const auto& [name, value] : report.logs) {
    if (!name.starts_with(kValidation)) {
      train_->add_scalar("epoch_" + name, epoch, value);
      continue;
    }
    if (!validation_) validation_.emplace(log_dir_ / "validation");
    const std::string plain = name.substr(kValidation.size());
    validation_->add_scalar("epoch_" + plain, epoch, value);
    validation_->add_scalar("evaluation_" + plain + "_vs_iterations",
                            trainer.position().step, value);
  }
  train_->add_scalar("epoch_learning_rate", epoch,
                     trainer.current_learning_rate());
  if (options_.write_steps_per_second) {
    train_->add_scalar(
        "epoch_steps_per_second", epoch,
        a_second(steps_timed_, report.seconds - report.validation_seconds));
  }
  steps_timed_ = 0;
  if (options_.picture) add_picture(epoch);
  train_->flush();
  if (validation_) validation_->flush();
}

void TensorBoard::add_picture(std::int64_t epoch) {
  const Tensor picture = options_.picture();
  train_->add_image("samples", epoch, picture.shape()[0], picture.shape()[1],
                    image::encode_jpeg(picture, kQuality));
}

}  // namespace lathe::train

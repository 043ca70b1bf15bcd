#include <algorithm>
#include <cstdio>
#include <numeric>

#include "apps/model_output.h"
#include "apps/predictor.h"
#include "core/error.h"
#include "train/data/csv.h"
#include "train/report/text.h"

namespace lathe::apps {
namespace {

constexpr std::int64_t kShown = 5;

class ClassPredictor final : public Predictor {
 public:
  ClassPredictor(const PredictOptions& options, const models::Model& model)
      : names_(class_names(model)),
        path_(options.output / "predictions.csv"),
        file_(std::fopen(path_.c_str(), "w")) {
    if (!file_) fail(path_.string(), ": can't be written");
    const auto known = static_cast<std::int64_t>(names_.size());
    std::string header = "file,label,probability";
    for (std::int64_t k = 2; k <= std::min(known, kShown); ++k) {
      header += concat(",label_", k, ",probability_", k);
    }
    write_line(header);
  }

  void write(const std::filesystem::path& file, const Tensor& /*original*/,
             const Tensor& probabilities) override {
    std::vector<float> shares(probabilities.values<float>().begin(),
                              probabilities.values<float>().end());
    if (shares.size() == 1) shares.insert(shares.begin(), 1 - shares[0]);
    std::vector<std::size_t> order(shares.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(
        order.begin(), order.end(),
        [&](std::size_t a, std::size_t b) { return shares[a] > shares[b]; });
    order.resize(std::min(order.size(), static_cast<std::size_t>(kShown)));
    std::string line = train::csv_field(file.filename().string());
    for (const std::size_t c : order) {
      line += concat(",", train::csv_field(names_[c]), ",",
                     train::number(shares[c], 6));
    }
    write_line(line);
    ++written_;
  }

  std::string summary() const override {
    return concat(written_, " rows of ", path_.filename().string());
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void write_line(const std::string& line) {
    if (std::fputs((line + '\n').c_str(), file_.get()) < 0 ||
        std::fflush(file_.get()) != 0) {
      fail(path_.string(), ": can't be written to the end");
    }
  }

  std::vector<std::string> names_;
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::int64_t written_ = 0;
};

}  // namespace

std::unique_ptr<Predictor> make_class_predictor(const PredictOptions& options,
                                                const models::Model& model) {
  return std::make_unique<ClassPredictor>(options, model);
}

}  // namespace lathe::apps

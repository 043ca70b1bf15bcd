#include "train/schedule.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/train/label_set.h"
#include "train/optimizer.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

using testing::LabelSet;
using testing::small_classifier;

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Schedule, OneCycleGoesUpAndFarDown) {
  // torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=20,
  // pct_start=0.25) of PyTorch 2.15.
  const std::vector<double> expected{0.04, 0.180589, 0.52,     0.859411,
                                     1.0,  0.989074, 0.956773, 0.904509};
  const Schedule schedule =
      schedule_from("one_cycle(total_steps=20,pct_start=0.25)");
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(factor(schedule, static_cast<std::int64_t>(i), 0), expected[i],
                1e-6)
        << i;
  }
  EXPECT_NEAR(factor(schedule, 19, 0), 0.04 / 1e4, 1e-12);
  EXPECT_NEAR(factor(schedule, 30, 0), 0.04 / 1e4, 1e-12);
}

TEST(Schedule, TakesTheRunsStepsWhereItHasNone) {
  EXPECT_DOUBLE_EQ(
      factor(Cosine{.warmup_steps = 10}, 30, 50),
      factor(Cosine{.warmup_steps = 10, .decay_steps = 40}, 30, 0));
  EXPECT_DOUBLE_EQ(factor(OneCycle{}, 7, 50),
                   factor(OneCycle{.total_steps = 50}, 7, 0));
  EXPECT_NE(error_of([] { factor(Cosine{}, 1, 0); }).find("over how many"),
            std::string::npos);
  // A warm-up as long as the run.
  EXPECT_DOUBLE_EQ(factor(Cosine{.warmup_steps = 10}, 10, 10), 1);
}

TEST(Schedule, IsTextAndBack) {
  for (const std::string text :
       {"constant", "cosine", "cosine(warmup_steps=100,alpha=0.01)",
        "step(boundaries=100:200:1000,gamma=0.5)",
        "one_cycle(total_steps=50,div_factor=10)"}) {
    EXPECT_EQ(to_text(schedule_from(text)), text);
  }
  EXPECT_EQ(std::get<Cosine>(schedule_from("cosine=7")).warmup_steps, 7);
  EXPECT_EQ(
      error_of([] { schedule_from("linear"); }),
      "no schedule 'linear'; there are constant, cosine, step, one_cycle");
  EXPECT_EQ(error_of([] { schedule_from("cosine(steps=3)"); }),
            "no cosine: option 'steps'; there are warmup_steps, decay_steps, "
            "alpha, initial");
  EXPECT_EQ(error_of([] { schedule_from("cosine(alpha=big)"); }),
            "cosine: alpha: 'big' is not a number");
}

TEST(Optimizer, IsTextAndBack) {
  for (const std::string text :
       {"adam", "adamw", "sgd(momentum=0.9,nesterov=true)",
        "rmsprop(rho=0.8,centered=true)", "lion(weight_decay=0.1)",
        "adamw(exclude_from_weight_decay=bias:gamma,global_clipnorm=1,"
        "gradient_accumulation_steps=4,use_ema=true,ema_momentum=0.999)"}) {
    const Optimizer optimizer = optimizer_from(text, 0.25);
    EXPECT_EQ(to_text(optimizer), text);
    EXPECT_EQ(learning_rate(optimizer), 0.25);
  }
  EXPECT_EQ(
      error_of([] { optimizer_from("adagrad", 1); }),
      "no optimizer 'adagrad'; there are adam, adamw, sgd, rmsprop, lion");
  EXPECT_EQ(error_of([] { optimizer_from("sgd(momentum=1.5)", 1); }),
            "SGD: momentum is 1.5; it must be from 0 to 1");
  EXPECT_EQ(error_of([] { optimizer_from("sgd(clipnorm=1,clipvalue=1)", 1); }),
            "SGD: only one of clipnorm, global_clipnorm and clipvalue can be "
            "set");
}

TEST(Schedule, SetsTheRateOfEachStep) {
  const LabelSet data(16, 4, 4);
  Trainer trainer(small_classifier(4),
                  {.optimizer = SGD{.learning_rate = 0.5},
                   .schedule = Step{.boundaries = {2, 5}, .gamma = 0.5},
                   .loss = SparseCategoricalCrossentropy{}});
  trainer.fit(data, {.epochs = 1});  // steps 0 to 3
  EXPECT_EQ(trainer.current_learning_rate(), 0.25);
  trainer.set_learning_rate(0.25);
  trainer.fit(data, {.epochs = 2});  // to 7
  EXPECT_EQ(trainer.current_learning_rate(), 0.0625);
}

}  // namespace
}  // namespace lathe::train

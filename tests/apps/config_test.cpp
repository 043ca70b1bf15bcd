// Options from a TOML file, and the one that a run writes.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/apps/run_app.h"
#include "tests/support/temporary_folder.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::expect_mentions;
using testing::losses;
using testing::read_bytes;
using testing::run;
using testing::write_bytes;

class Config : public ::testing::Test {
 protected:
  // A run of a second; what is said later counts.
  static std::string train(const std::string& options) {
    return "train_segmentation --scenes 8 --size 16 --batch 4 --epochs 1 " +
           options;
  }
  json options_of(const fs::path& output) const {
    return json::parse(read_bytes(output / "run.json")).at("options");
  }
  // Writes the file and runs a program with it.
  testing::Result run_with(const std::string& program,
                           const std::string& config) const {
    write_bytes(file_, config);
    return run(program + " --config '" + file_.string() + "'");
  }

  testing::TemporaryFolder folder_;
  fs::path file_ = folder_ / "options.toml";
};

// In single quotes for the shell.
std::string quoted(const fs::path& path) {
  std::string text = "'";
  for (const char c : path.string()) {
    text += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return text + "'";
}

TEST_F(Config, OfARunGivesTheRunAgain) {
  const fs::path output =
      folder_ / "it's \"one\", [two]\tand \\three = # four\xC3\xA9";
  const fs::path again = folder_ / "again";
  expect_mentions(
      run(train("--learning-rate 3e-4 --val-fraction .25 --no-shuffle "
                "--seed 18446744073709551615 --mask-suffix 1e3 --augment "
                "'flip=horizontal,rotation=0.1' --output " +
                quoted(output))),
      0, {"Saved"});
  const fs::path toml = output / "run.toml";
  expect_mentions(run("train_segmentation --config " + quoted(toml) +
                      " --output '" + again.string() + "'"),
                  0, {"Saved"});
  EXPECT_EQ(losses(again), losses(output));
  EXPECT_NE(losses(again), "");
  json options = options_of(output);
  EXPECT_EQ(options["seed"], 18446744073709551615ULL);
  EXPECT_EQ(options["val-fraction"], 0.25);
  EXPECT_EQ(options["no-shuffle"], true);
  EXPECT_EQ(options["mask-suffix"], "1e3");
  EXPECT_EQ(options["output"], output.string());
  options["output"] = again.string();
  EXPECT_EQ(options_of(again), options);
}

// What reads TOML and is not what lathe reads it with.
TEST_F(Config, OfARunIsTomlToPython) {
  if (std::system("python3 -c 'import tomllib' 2>/dev/null") != 0) {
    GTEST_SKIP() << "there is no python3 with tomllib";
  }
  const fs::path output = folder_ / "it's \"one\", [two]\tand \\three # four";
  expect_mentions(run(train("--save-best-only --output " + quoted(output))), 0,
                  {"Saved"});
  const std::string script =
      "import json, sys, tomllib\n"
      "options = json.load(open(sys.argv[1] + \"/run.json\"))[\"options\"]\n"
      "assert tomllib.load(open(sys.argv[1] + \"/run.toml\", \"rb\")) == "
      "options, options\n"
      "assert len(options) > 30, options\n";
  const std::string command = "python3 -c '" + script + "' " + quoted(output);
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(Config, CountsLessThanTheCommandLine) {
  write_bytes(file_,
              "# a comment\n"
              "epochs = 3   # of which one is run\n"
              "\"size\" = 0x10\n"
              "batch = 4\n"
              "scenes = 8\n"
              "save-best-only = true\n"
              "summary = false\n"
              "mask-suffix = ''\n"
              "augment = ''\n"
              "optimizer = \"\"\"sgd(momentum=0.9,nesterov=true)\"\"\"\n");
  const fs::path output = folder_ / "run";
  expect_mentions(
      run("train_segmentation --epochs 1 --config='" + file_.string() +
          "' --save-best-only=false --output '" + output.string() + "'"),
      0, {"Epoch 1/1: "});
  const json options = options_of(output);
  EXPECT_EQ(options["epochs"], 1);
  EXPECT_EQ(options["size"], 16);
  EXPECT_EQ(options["save-best-only"], false);
  EXPECT_EQ(options["augment"], "");
  EXPECT_EQ(options["optimizer"], "sgd(momentum=0.9,nesterov=true)");
}

TEST_F(Config, IsRefusedByFileLineAndKey) {
  for (const std::string program : {"train_segmentation", "train_classifier"}) {
    const auto refused = [&](const std::string& config,
                             const std::string& text) {
      SCOPED_TRACE(config);
      expect_mentions(run_with(program, config), 2, {file_.string(), text});
    };
    refused("\nepoch = 3\n",
            ":2: " + program + " has no option epoch; did you mean 'epochs'?");
    refused("config = 'other.toml'\n", "has no option config");
    refused("epochs = '3'\n",
            ":1: epochs is of the type string; it takes a whole number");
    refused("epochs = 2.5\n", "epochs is of the type floating-point");
    refused("epochs = true\n", "epochs is of the type boolean");
    refused("learning-rate = [1e-3]\n",
            "learning-rate is of the type array; it takes a number");
    refused("skip-bad = 1\n",
            "skip-bad is of the type integer; it takes true or false");
    refused("augment = 0.5\n", "augment is of the type floating-point");
    refused("[training]\nepochs = 3\n", "has no option training");
    refused("epochs = -3\n", ":1: epochs: ");
    refused("seed = -1\n",
            ":1: seed is of the type integer; it takes a whole "
            "number of 0 or more");
    refused("device = 'tpu'\n", ":1: device: ");
    refused("epochs = 3\nepochs = 4\n", ":2: ");
    refused("augment = flip\n", ":1: ");
    refused("augment = 'flip\n", ":1: ");
    refused(std::string("epochs = 3\n\0", 12), ":2: ");
  }
  fs::remove(file_);
  expect_mentions(run("train_segmentation --config '" + file_.string() + "'"),
                  2, {file_.string()});
  expect_mentions(run("train_segmentation --config"), 2, {"--config"});
}

TEST_F(Config, IsThereInTheOtherPrograms) {
  // What it lacks the command line may have, and the reverse.
  const std::string missing = (folder_ / "none").string();
  expect_mentions(run_with("predict", "model = '" + missing + "'\n"), 2,
                  {file_.string() + ":1: model: ", "none"});
  const std::string model = (folder_ / "a.keras").string();
  write_bytes(model, "");
  expect_mentions(run_with("predict --output '" + missing + "'",
                           "input = '" + model + "'\nmodel = '" + model + "'"),
                  1, {"a.keras"});
  const fs::path sheet = folder_ / "sheet.png";
  expect_mentions(run_with("augment_preview --output '" + sheet.string() + "'",
                           "samples = 1\ndraws = 1\nsize = 16\n"),
                  0, {"sheet.png"});
  EXPECT_TRUE(fs::exists(sheet));
}

}  // namespace
}  // namespace lathe

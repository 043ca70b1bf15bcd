#include "train/report/html_style.h"

namespace lathe::train {

const char* const kHtmlStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f7f9;
  --card: #ffffff;
  --ink: #1c2430;
  --quiet: #64707f;
  --line: #e1e5ea;
  --train: #2563c9;
  --validation: #e0701c;
  --right: #2563c9;
  --wrong: #cf3b32;
  --waiting: #d9a514;
  --augmentation: #8a56c2;
  --step: #2563c9;
  --saving: #7b8794;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c;
    --card: #1a2028;
    --ink: #e6eaf0;
    --quiet: #94a1b1;
    --line: #2c3542;
    --train: #6ea3ff;
    --validation: #ff9d52;
    --right: #5b93f0;
    --wrong: #ef6a60;
    --waiting: #e5bb3f;
    --augmentation: #b48be0;
    --step: #6ea3ff;
    --saving: #8b98a8;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0;
  background: var(--page);
  color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue",
    "Noto Sans", sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { margin: 0; font-size: 28px; line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin: 0 0 14px; font-size: 18px; }
h3 { margin: 20px 0 8px; font-size: 15px; }
p { margin: 6px 0; }
p, dt, dd, td, li, figcaption, pre { overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.state {
  display: inline-block;
  margin-left: 10px;
  padding: 2px 12px;
  border-radius: 999px;
  background: color-mix(in srgb, var(--train) 16%, transparent);
  color: var(--train);
  font-size: 14px;
  font-weight: 600;
  vertical-align: 5px;
}
section {
  margin-top: 20px;
  padding: 20px;
  border: 1px solid var(--line);
  border-radius: 12px;
  background: var(--card);
}
.tiles {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
  gap: 12px;
  margin-top: 20px;
}
.tile {
  padding: 14px 16px;
  border: 1px solid var(--line);
  border-radius: 12px;
  background: var(--card);
}
.tile b { display: block; font-size: 26px; line-height: 1.25; }
.tile b, .number, svg text { font-variant-numeric: tabular-nums; }
.tile span { color: var(--quiet); font-size: 13px; }
.charts {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr));
  gap: 20px 28px;
}
figure { margin: 0; }
.chart figcaption { display: flex; flex-wrap: wrap; gap: 2px 16px; }
.chart figcaption b { margin-right: auto; }
.key { color: var(--quiet); font-size: 13px; }
.key::before {
  content: "";
  display: inline-block;
  width: 16px;
  height: 3px;
  margin-right: 6px;
  border-radius: 2px;
  background: var(--curve);
  vertical-align: 4px;
}
.train { --curve: var(--train); }
.validation { --curve: var(--validation); }
.waiting { --curve: var(--waiting); }
.augmentation { --curve: var(--augmentation); }
.step { --curve: var(--step); }
.saving { --curve: var(--saving); }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--quiet); font-size: 12px; }
.grid { stroke: var(--line); }
.axis { stroke: var(--quiet); }
.curve {
  fill: none;
  stroke: var(--curve);
  stroke-width: 2;
  stroke-linecap: round;
  stroke-linejoin: round;
}
circle { fill: var(--curve); }
.place { fill: transparent; }
.place:hover { fill: var(--quiet); fill-opacity: 0.14; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td {
  padding: 5px 14px 5px 0;
  border-bottom: 1px solid var(--line);
  text-align: left;
  vertical-align: top;
}
th { font-weight: 600; }
thead th { color: var(--quiet); font-size: 13px; font-weight: 500; }
tbody th { overflow-wrap: normal; }
tr:last-child > * { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
.samples th, .samples td { padding: 0 6px 6px 0; border: 0; }
.samples td { vertical-align: middle; font-size: 13px; line-height: 1.35; overflow-wrap: normal; }
.samples thead th { padding-bottom: 4px; white-space: nowrap; }
.samples img { display: block; width: 102px; height: auto; border-radius: 6px; }
.pixels { image-rendering: pixelated; }
.samples tr > :first-child {
  position: sticky;
  left: 0;
  z-index: 1;
  background: var(--card);
}
.guess { min-width: 86px; max-width: 160px; }
.guess b { display: block; font-weight: 600; }
.guess.right b { color: var(--right); }
.guess.wrong b { color: var(--wrong); }
.sheet {
  display: grid;
  gap: 14px 10px;
  grid-template-columns: repeat(6, minmax(96px, 1fr));
}
.sheet img { display: block; width: 100%; height: auto; border-radius: 6px; }
.sheet figcaption {
  margin-top: 3px;
  color: var(--quiet);
  font-size: 11.5px;
  line-height: 1.3;
}
pre {
  margin: 0 0 16px;
  padding: 12px 14px;
  border-radius: 8px;
  background: var(--page);
  font: 13px/1.5 ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace;
  white-space: pre-wrap;
}
.bar { display: flex; height: 26px; border-radius: 6px; overflow: hidden; }
.bar i { background: var(--curve); }
.parts {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
  gap: 8px 20px;
  margin: 14px 0 0;
}
.parts b { display: block; font-size: 17px; }
.confusion td, .confusion thead th, .confusion tbody th {
  min-width: 34px;
  padding: 4px 6px;
  border: 1px solid var(--card);
  text-align: center;
  white-space: nowrap;
}
.confusion tbody th { padding-right: 10px; text-align: right; font-weight: 500; }
.confusion thead .rising span {
  writing-mode: vertical-rl;
  transform: rotate(180deg);
}
.confusion td {
  background: color-mix(in srgb, var(--shade) calc(var(--share) * 1%), var(--page));
}
.confusion .strong { color: #fff; }
.r { --shade: var(--right); }
.w { --shade: var(--wrong); }
.paper img { max-width: 100%; height: auto; border-radius: 8px; }
.options {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr));
  gap: 0 32px;
  margin: 0;
}
.options div {
  display: grid;
  grid-template-columns: 150px 1fr;
  column-gap: 10px;
  padding: 4px 0;
  border-bottom: 1px solid var(--line);
}
.options dt { color: var(--quiet); }
.options dd { margin: 0; }
.beside { display: flex; flex-wrap: wrap; gap: 8px 56px; }
.beside > * { max-width: 100%; }
.beside h3 { margin-top: 0; }
ul { margin: 0; padding-left: 20px; }
@media (max-width: 640px) {
  main { padding: 18px 12px 40px; }
  section { padding: 16px 14px; border-radius: 10px; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .tile b { font-size: 22px; }
  table { font-size: 14px; }
  th, td { padding-right: 10px; }
  .samples img { width: 92px; }
  .sheet { grid-template-columns: repeat(3, 1fr); }
}
@media print {
  body { background: none; }
  section { break-inside: avoid; border: 0; padding: 0; }
}
)css";

}  // namespace lathe::train

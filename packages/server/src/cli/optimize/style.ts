/** The report's style sheet: light and dark, on screen and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fff; --card: #f4f6f8; --text: #1c2530; --quiet: #566474; --line: #d8dfe6;
  --accent: #0b5c8a; --on-accent: #fff; --front: #b4d4e6; --on-front: #10374f; --other: #e4e9ee;
  --bad: #b3261e; --chosen: #e8f2f8;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  color: var(--text); background: var(--page);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12171d; --card: #1b232c; --text: #e3e9ef; --quiet: #9aa8b6; --line: #303b47;
    --accent: #74bdea; --on-accent: #0b1a25; --front: #23506b; --on-front: #d9edf9;
    --other: #2a343f; --bad: #ff9a90; --chosen: #18303f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; }
main { max-width: 78rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 3rem 0 .75rem; }
h3, h4 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
.kicker { color: var(--quiet); margin: 0 0 .25rem; font-size: .9rem; }
.lead { font-size: 1.1rem; max-width: 46rem; }
.plots { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 32rem), 1fr)); }
.cards { list-style: none; margin: 1.5rem 0 0; padding: 0; display: grid; gap: .75rem;
  grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); }
.cards li { background: var(--card); border-radius: .6rem; padding: .9rem 1.1rem; display: grid; }
.cards .figure { font-size: 1.9rem; font-weight: 650; line-height: 1.2; color: var(--accent); }
small, figcaption { color: var(--quiet); font-size: .85rem; }
figure { margin: 0; }
svg { width: 100%; height: auto; display: block; font: 12px system-ui, sans-serif; }
svg text { fill: var(--quiet); }
svg .axis { fill: var(--text); font-size: 13px; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 6 5; }
svg .limit-text { fill: var(--bad); }
svg .front { fill: none; stroke: var(--accent); stroke-width: 2; opacity: .55; }
svg .bar { stroke: var(--quiet); stroke-width: 2; opacity: .7; }
svg .leader { stroke: var(--quiet); stroke-width: 1; opacity: .5; }
svg .number { font-weight: 600; font-size: 11px; }
svg .other :is(circle, rect) { fill: var(--other); stroke: var(--quiet); stroke-width: .75; } svg .other text { fill: var(--text); }
svg .on-front :is(circle, rect) { fill: var(--front); stroke: var(--accent); } svg .on-front text { fill: var(--on-front); }
svg .chosen :is(circle, rect) { fill: var(--accent); } svg .chosen text { fill: var(--on-accent); }
.wide { overflow-x: auto; margin: 0 0 1.5rem; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .55rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; }
thead th { color: var(--quiet); font-weight: 500; }
.words { text-align: left; }
td.name { font-weight: 600; text-align: left; }
td.words:last-child { white-space: normal; }
tr.chosen > * { background: var(--chosen); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; margin: 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
details { border-bottom: 1px solid var(--line); padding: .5rem 0; }
summary { cursor: pointer; }
details ul { font-size: .85rem; color: var(--quiet); padding-left: 1.2rem; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; font-size: .85rem; background: var(--card); padding: .6rem .8rem; border-radius: .4rem; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; } }
@media print { main { max-width: none; padding: 0; } details { break-inside: avoid; } }
`;

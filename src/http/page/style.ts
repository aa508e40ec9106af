/** Blocks in blocks are told apart so far. */
export const DEPTH_MAX = 8;

const steps = Array.from({ length: DEPTH_MAX }, (_, n) => n + 1)
  .map((depth) => `td.in-${depth} { padding-left: ${depth * 1.25}rem; }`)
  .join(' ');

/** The page's style sheet, served from its own address so that the content policy needs no exception. */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --back: #f7f8fa; --card: #fff; --text: #1b2330; --quiet: #667085; --line: #e3e7ee; --link: #1d4ed8;
  --good: #15803d; --bad: #b91c1c; --warn: #b45309; --busy: #1d4ed8; --idle: #667085;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0f141b; --card: #171e28; --text: #e5e9f0; --quiet: #94a0b2; --line: #2a3443; --link: #8ab4ff;
    --good: #4ade80; --bad: #f87171; --warn: #fbbf24; --busy: #8ab4ff; --idle: #94a0b2;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 14px/1.5 system-ui, sans-serif; }
header, main { max-width: 78rem; margin: 0 auto; padding: 0 1.5rem; }
header { display: flex; gap: .75rem; align-items: baseline; padding-top: 1.25rem; padding-bottom: .25rem; }
header h1 { font-size: 1.1rem; margin: 0; letter-spacing: -.01em; } header h1 a { color: inherit; }
main { padding-bottom: 3rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; margin: 1rem 0; padding: .9rem 1.1rem; overflow-x: auto; }
h2 { font-size: .95rem; margin: 0 0 .6rem; } h2 .quiet { font-weight: 400; font-size: .85rem; margin-left: .25rem; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 500; font-size: .8rem; color: var(--quiet); padding: 0 1rem .35rem 0; white-space: nowrap; }
td { padding: .38rem 1rem .38rem 0; border-top: 1px solid var(--line); vertical-align: middle; }
th:last-child, td:last-child { padding-right: 0; } .wide { width: 40%; }
td:first-child { white-space: nowrap; }
${steps}
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code, pre, .log { font: 12.5px/1.55 ui-monospace, Menlo, Consolas, monospace; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); } .empty { color: var(--quiet); margin: .25rem 0; }
.chip { display: inline-block; border: 1px solid var(--line); border-radius: 6px; padding: 0 .4rem; font-size: .8rem; color: var(--quiet); max-width: 30rem; overflow-wrap: anywhere; }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2.25rem; margin: 0; } dt { color: var(--quiet); font-size: .8rem; } dd { margin: 0; font-variant-numeric: tabular-nums; }
.failure { margin-top: .9rem; padding: .6rem .8rem; border-left: 3px solid var(--bad); color: var(--bad); background: color-mix(in srgb, var(--bad) 8%, transparent); border-radius: 4px; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; } @media (max-width: 50rem) { .columns { grid-template-columns: 1fr; } }
.state { color: var(--idle); font-weight: 600; font-size: .78rem; letter-spacing: .02em; } .state::before { content: '●'; margin-right: .4em; }
.state.SUCCESS { color: var(--good); } .state.FAILED, .state.KILLED { color: var(--bad); }
.state.WARNING, .state.CANCELLED, .state.KILLING, .state.PAUSED, .state.RETRYING { color: var(--warn); }
.state.RUNNING, .state.CREATED, .state.QUEUED, .state.RESTARTED { color: var(--busy); }
.bar { display: block; width: 100%; height: 10px; } .bar rect { fill: var(--idle); } .bar .track { fill: var(--line); }
.bar .SUCCESS { fill: var(--good); } .bar .FAILED, .bar .KILLED { fill: var(--bad); }
.bar .WARNING, .bar .CANCELLED, .bar .KILLING, .bar .PAUSED, .bar .RETRYING { fill: var(--warn); }
.bar .RUNNING, .bar .CREATED, .bar .QUEUED { fill: var(--busy); }
.log { list-style: none; margin: 0; padding: 0; } .log li { padding: .1rem 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.log li { display: grid; grid-template-columns: 7.5rem 3.5rem auto 1fr; gap: .75rem; }
.log time, .log code { color: var(--quiet); } .log b { font-weight: 500; color: var(--quiet); }
.log .warn b { color: var(--warn); } .log .error b, .log .error span { color: var(--bad); } .log .info b { color: var(--busy); }
`;

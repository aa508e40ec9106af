/** The page's style sheet, served from its own address so that the content policy needs no exception. */
export const styleSheet = `
:root { color-scheme: light dark; --line: #8884; --quiet: #888; --link: #2563eb; }
@media (prefers-color-scheme: dark) { :root { --link: #7aa2ff; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 0 1.25rem 3rem; }
header { display: flex; gap: 1rem; align-items: baseline; padding: 1rem 0; border-bottom: 1px solid var(--line); }
header h1 { font-size: 1.15rem; margin: 0; }
h2 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; color: var(--quiet); }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
code, pre { font: 13px/1.5 ui-monospace, monospace; } pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: 6px; }
.quiet { color: var(--quiet); } .empty { color: var(--quiet); padding: 1rem 0; }
.state { font-weight: 600; } .SUCCESS { color: #15803d; } .FAILED, .KILLED { color: #dc2626; }
.WARNING, .CANCELLED, .KILLING { color: #b45309; } .RUNNING, .CREATED { color: #2563eb; } .SKIPPED { color: var(--quiet); }
@media (prefers-color-scheme: dark) { .SUCCESS { color: #4ade80; } .FAILED, .KILLED { color: #f87171; } .WARNING, .CANCELLED, .KILLING { color: #fbbf24; } .RUNNING, .CREATED { color: #7aa2ff; } }
`;

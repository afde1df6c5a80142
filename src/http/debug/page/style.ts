/** The page's style: dark and light as the reader has it, wide tables scroll in themselves. */
export const style = `
:root { color-scheme: light dark; --bad: #b3261e; --warn: #8a5a00; --good: #1b6e33; --quiet: #5f6368; --line: #dadce0; }
@media (prefers-color-scheme: dark) {
  :root { --bad: #ff8a80; --warn: #ffca66; --good: #7ddc94; --quiet: #9aa0a6; --line: #3c4043; }
}
body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 90rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1rem; margin: 1.5rem 0 .4rem; }
header p { margin: .2rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; min-width: 24rem; }
th, td { text-align: left; vertical-align: top; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--quiet); white-space: nowrap; }
td { max-width: 45rem; overflow-wrap: anywhere; }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bad { color: var(--bad); }
.warn { color: var(--warn); }
.good { color: var(--good); }
.quiet { color: var(--quiet); }
a { color: inherit; }
meter { width: 6rem; }
tr:target { outline: 2px solid var(--warn); }
form[hidden] { display: none; }
`

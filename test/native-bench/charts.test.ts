/** Charts: the axis holds what is drawn, nothing leaves the picture, and text cannot break out of it. */
import * as assert from 'uvu/assert'
import { type BarChart, barChart, ticksFor } from '../../native-bench/charts/bar-chart.ts'
import { suite } from '../support/suite.ts'

const test = suite('native-bench/charts')

const chart: BarChart = {
  title: 'A <title> & "more"',
  description: 'what it says',
  series: ['ours', 'theirs'],
  panels: [
    {
      heading: 'rows a second',
      digits: 0,
      bars: [
        { label: 'stacked', parts: [1000, 234].map((value, series) => ({ series, value })) },
        { label: 'spread', parts: [{ series: 1, value: 1500 }], spread: { min: 900, max: 2300 } },
      ],
      references: [{ label: 'far away, with a long name', value: 4000 }],
    },
  ],
}

test('ticks are round, begin at 0 and reach the most', () => {
  assert.equal(ticksFor(8), [0, 1, 2, 3, 4, 5, 6, 7, 8])
  assert.equal(ticksFor(0.9), [0, 0.2, 0.4, 0.6, 0.8, 1])
  assert.equal(ticksFor(0), [0, 1])
  for (let most = 1e-4; most < 1e7; most *= 1.37) {
    const ticks = ticksFor(most)
    assert.ok(ticks.length >= 4 && ticks.length <= 9, `${ticks}`)
    assert.ok(ticks.at(-1)! >= most * (1 - 1e-9) && ticks.at(-2)! < most, `${most}: ${ticks}`)
  }
})

test('has a title for those who do not see it, and escapes text', () => {
  const svg = barChart(chart)
  assert.match(svg, '<title id="title">A &lt;title&gt; &amp; &quot;more&quot;</title>')
  assert.match(svg, '<desc id="description">what it says</desc>')
  assert.not.match(svg, '<title>')
})

test('shows every label and value, the total of what is stacked', () => {
  const svg = barChart(chart)
  for (const text of ['stacked', 'spread', 'ours', 'theirs', '1,234', '1,500', 'far away, with a long name'])
    assert.match(svg, `>${text}</text>`)
})

test('stays within the picture', () => {
  const svg = barChart(chart)
  const [, width, height] = /viewBox="0 0 (\d+) ([\d.]+)"/.exec(svg)!.map(Number)
  for (const [, x, y, w, h] of svg.matchAll(
    /<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.-]+)" height="([\d.-]+)"/g,
  )) {
    assert.ok(Number(x) >= 0 && Number(y) >= 0)
    assert.ok(Number(x) + Number(w) <= width! && Number(y) + Number(h) <= height!)
  }
  assert.not.match(svg, 'NaN')
})

test.run()

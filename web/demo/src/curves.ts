/** Live curves of a training. */

import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** A chart of two series over epochs. */
export class Curves {
  private readonly plot: uPlot;
  private data: [number[], (number | null)[], (number | null)[]] = [[], [], []];

  constructor(private readonly place: HTMLElement) {
    const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const axis = { stroke: color('--soft'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
    this.plot = new uPlot(
      {
        width: this.width(),
        height: 190,
        scales: { x: { time: false } },
        axes: [{ ...axis, values: (_, ticks) => ticks.map((t) => (Number.isInteger(t) ? String(t) : '')) }, { ...axis, size: 44 }],
        series: [
          { label: 'epoch' },
          { label: 'training', stroke: color('--blue'), width: 2, points: { show: false } },
          { label: 'test', stroke: color('--orange'), width: 2, points: { size: 5 } },
        ],
      },
      this.data,
      place,
    );
    new ResizeObserver(() => this.plot.setSize({ width: this.width(), height: 190 })).observe(place);
  }

  private width(): number {
    return Math.max(160, this.place.clientWidth);
  }

  clear(): void {
    this.data = [[], [], []];
    this.plot.setData(this.data);
  }

  /** Adds a point of the training curve, and of the other where there is one. */
  add(epoch: number, training: number, test: number | null): void {
    const [x, a, b] = this.data;
    x.push(epoch);
    a.push(training);
    b.push(test);
    this.plot.setData(this.data);
  }
}

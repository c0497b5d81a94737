// A line for each series over the last five minutes, drawn at the size that the chart has on the screen.
const chartSeconds = 300;
const chartMargin = { top: 8, right: 20, bottom: 20, left: 72 };

// Below this width the labels of all minutes would touch.
const narrowChart = 420;

// A process that slept took no samples meanwhile: a line does not cross that.
const longestGap = 3;

class Chart {
    #svg;
    #options;

    constructor(svg, options) {
        this.#svg = svg;
        this.#options = options;
    }

    draw(times, series) {
        const [width, height] = [this.#svg.clientWidth, this.#svg.clientHeight];
        const { top, right, bottom, left } = chartMargin;
        const highest = Math.max(this.#options.least, ...series.flatMap(one => one.values.filter(value => value != null)));
        const scale = roundUp(highest, this.#options.base);
        const end = times.at(-1) ?? 0;
        const x = time => left + (width - left - right) * (1 - (end - time) / chartSeconds);
        const y = value => top + (height - top - bottom) * (1 - value / scale);
        const parts = [];
        for (const share of [0, 0.5, 1]) {
            const level = y(scale * share);
            parts.push(Chart.#shape('path', { class: 'grid', d: `M${left} ${level}H${width - right}` }));
            parts.push(Chart.#text(withoutZeros(this.#options.format(scale * share)), left - 8, level + 4, 'end'));
        }

        for (let minutes = 0; minutes * 60 <= chartSeconds; minutes += width < narrowChart ? 2 : 1) {
            parts.push(Chart.#text(minutes === 0 ? 'now' : `−${minutes} min`, x(end - minutes * 60), height - 4, 'middle'));
        }

        for (const { kind, values } of series) {
            const runs = Chart.#runs(times, values);
            const line = runs.map(run => `M${run.map(([time, value]) => `${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join('L')}`);
            const area = runs.map((run, i) => `${line[i]}V${y(0)}H${x(run[0][0]).toFixed(1)}Z`);
            parts.push(Chart.#shape('path', { class: `area ${kind}`, d: area.join('') }));
            parts.push(Chart.#shape('path', { class: `line ${kind}`, d: line.join('') }));
        }

        this.#svg.replaceChildren(...parts);
        this.#svg.setAttribute('aria-label', this.#describe(series));
    }

    // What the lines show, for those who do not see them.
    #describe(series) {
        const texts = series.map(({ name, values }) => {
            const known = values.filter(value => value != null);
            const now = values.at(-1) ?? null;
            return known.length === 0
                ? `${name}: nothing measured`
                : `${name}: ${now == null ? unknown : this.#options.format(now)} now, `
                    + `${this.#options.format(Math.min(...known))} to ${this.#options.format(Math.max(...known))}`;
        });
        return `The last five minutes. ${texts.join('; ')}.`;
    }

    static #runs(times, values) {
        const runs = [];
        let last = null;
        values.forEach((value, i) => {
            if (value == null) {
                last = null;
                return;
            }

            if (last == null || times[i] - last > longestGap) {
                runs.push([]);
            }

            runs.at(-1).push([times[i], value]);
            last = times[i];
        });
        return runs;
    }

    static #shape(name, attributes) {
        const shape = document.createElementNS('http://www.w3.org/2000/svg', name);
        Object.entries(attributes).forEach(([key, value]) => shape.setAttribute(key, value));
        return shape;
    }

    static #text(text, x, y, anchor) {
        const shape = Chart.#shape('text', { x, y, 'text-anchor': anchor });
        shape.textContent = text;
        return shape;
    }
}

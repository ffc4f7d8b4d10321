import { svg } from './svg.js';

/** A small chart of room temperature against set point, from what arrived since the page opened. */
const WIDTH = 480;
const HEIGHT = 110;
const EDGE = 6;
/** One point a report; older ones leave. */
const POINTS_MAX = 600;
/** The chart never zooms in further than this many degrees: noise must not look like weather. */
const SPAN_MIN = 3;

export function makeTrend(frame) {
  const room = svg('polyline', { class: 'trend-room' });
  const target = svg('polyline', { class: 'trend-target' });
  const face = svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', preserveAspectRatio: 'none' },
    target,
    room,
  );
  const legend = document.createElement('p');
  legend.className = 'quiet trend-legend';
  frame.append(face, legend);
  let points = [];

  return {
    clear() {
      points = [];
    },
    add(at, { temperature, setPoint }) {
      points = [...points, { at, temperature, setPoint }].slice(-POINTS_MAX);
      const scale = scaleOf(points);
      room.setAttribute('points', points.map((each) => scale(each.at, each.temperature)).join(' '));
      target.setAttribute(
        'points',
        steps(points)
          .map((each) => scale(each.at, each.setPoint))
          .join(' '),
      );
      const low = Math.min(...points.map((each) => each.temperature)).toFixed(1);
      const high = Math.max(...points.map((each) => each.temperature)).toFixed(1);
      legend.textContent = low === high ? `Steady at ${low} °C` : `Room between ${low} and ${high} °C`;
      face.setAttribute('aria-label', `${legend.textContent}; target now ${setPoint.toFixed(1)} °C`);
    },
  };
}

function scaleOf(points) {
  const values = points.flatMap((each) => [each.temperature, each.setPoint]);
  const middle = (Math.min(...values) + Math.max(...values)) / 2;
  const span = Math.max(SPAN_MIN, (Math.max(...values) - Math.min(...values)) * 1.2);
  const first = points[0].at;
  const time = Math.max(1, points.at(-1).at - first);
  return (at, value) => {
    const x = EDGE + ((at - first) / time) * (WIDTH - 2 * EDGE);
    const y = HEIGHT / 2 - ((value - middle) / span) * (HEIGHT - 2 * EDGE);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
}

/** A set point changes at once: corners instead of slopes. */
function steps(points) {
  return points.flatMap((each, i) => (i === 0 ? [each] : [{ ...each, setPoint: points[i - 1].setPoint }, each]));
}

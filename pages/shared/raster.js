// Points drawn pixel by pixel on the processor, for browsers without a graphics card: there WebGL is itself computed,
// vertex by vertex, and takes several times as long. It draws what the shaders of card.js draw.

const FADED = 0.6; // how far the colour of what is not chosen goes to a grey of as much

class Raster {
  constructor(canvas) { this.context = canvas.getContext("2d"); }

  // points: {n, xy, colour, wrong, chosen or null, nowhere}; toPixel: [kx, ox, ky, oy]; look: {palette (r, g, b of 0
  // to 1 each), size, large, faint, cover, marks}
  draw(width, height, points, toPixel, look) {
    const { n, xy, colour, wrong, chosen, nowhere } = points, [kx, ox, ky, oy] = toPixel;
    const ink = this.clear(width, height);
    const layers = chosen ? [[0, look.faint, 1], [1, look.cover, look.large]] : [[-1, look.cover, 1]];
    for (const [layer, cover, times] of layers) {
      const dot = stamp(look.size * times, false, width, cover), cross = stamp(look.size * times * 1.9, true, width, cover);
      const faded = layer === 0 ? FADED : 0, tones = Float32Array.from(look.palette.flat(), (part) => part + (0.6 - part) * faded);
      for (let i = 0; i < n; i++) {
        if ((layer >= 0 && chosen[i] !== layer) || xy[2 * i] === nowhere) continue;
        const x = Math.floor(xy[2 * i] * kx + ox), y = Math.floor(xy[2 * i + 1] * ky + oy);
        const { reach, places, covers } = look.marks && wrong[i] ? cross : dot, { length } = places;
        if (x < reach || y < reach || x >= width - reach || y >= height - reach) continue;
        const tone = 3 * colour[i], r = tones[tone], g = tones[tone + 1], b = tones[tone + 2], middle = 4 * (y * width + x);
        for (let k = 0; k < length; k++) {
          const at = middle + places[k], over = covers[k], under = 1 - over;
          ink[at] = ink[at] * under + r * over; ink[at + 1] = ink[at + 1] * under + g * over;
          ink[at + 2] = ink[at + 2] * under + b * over; ink[at + 3] = ink[at + 3] * under + over;
        }
      }
    }
    this.put(ink);
  }

  clear(width, height) {
    if (this.image?.width !== width || this.image.height !== height) {
      this.image = this.context.createImageData(width, height);
      this.ink = new Float32Array(4 * width * height); // colour times cover, and cover
    }
    return this.ink.fill(0);
  }

  put(ink) {
    const pixels = this.image.data;
    for (let at = 0; at < ink.length; at += 4) {
      const cover = ink[at + 3];
      if (cover) {
        const full = 255 / cover;
        pixels[at] = ink[at] * full; pixels[at + 1] = ink[at + 1] * full; pixels[at + 2] = ink[at + 2] * full;
      }
      pixels[at + 3] = 255 * cover;
    }
    this.context.putImageData(this.image, 0, 0);
  }

  lines(ends, toPixel, colour) { // each four numbers
    const { context } = this, [kx, ox, ky, oy] = toPixel;
    context.globalAlpha = 0.3; context.strokeStyle = colour;
    context.beginPath();
    for (let i = 0; i < ends.length; i += 4) {
      context.moveTo(ends[i] * kx + ox, ends[i + 1] * ky + oy);
      context.lineTo(ends[i + 2] * kx + ox, ends[i + 3] * ky + oy);
    }
    context.stroke();
    context.globalAlpha = 1;
  }
}

function stamp(size, cross, width, cover) { // which pixels a point covers, seen from its middle, and how much of each
  const radius = size / 2, reach = Math.ceil(radius), places = [], covers = [];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const share = cross
        ? Math.max(Math.abs(dx), Math.abs(dy)) <= radius && Math.abs(Math.abs(dx) - Math.abs(dy)) <= 0.42 * radius ? 1 : 0
        : Math.max(0, Math.min(1, radius - Math.hypot(dx, dy) + 0.5));
      if (share) { places.push(4 * (dy * width + dx)); covers.push(share * cover); }
    }
  }
  return { reach, places: Int32Array.from(places), covers: Float32Array.from(covers) };
}

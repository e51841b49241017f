// The programs of the map, in GLSL ES 3.

const HEADER = "#version 300 es\nprecision highp float;\n";

// One point: between its former place and its place, as large as asked, in the colour of its byte.
const POINT_VERTEX = `${HEADER}
layout(location = 0) in vec2 former;
layout(location = 1) in vec2 place;
layout(location = 2) in uint colour;
layout(location = 3) in uint visible;
uniform vec2 centre, scale;
uniform float progress, size, opacity, faint, grey;
uniform sampler2D palette;
out vec4 tint;
void main() {
  gl_Position = vec4((mix(former, place, progress) - centre) * scale, 0.0, 1.0);
  gl_PointSize = size + 1.0;
  tint = texelFetch(palette, ivec2(colour, 0), 0);
  tint.a = opacity * (visible == 0u ? faint : colour == 255u ? grey : 1.0);
}`;

const DOT_FRAGMENT = `${HEADER}
uniform float size;
uniform vec4 paint; // instead of the point's own colour, where it is not transparent
in vec4 tint;
out vec4 pixel;
void main() {
  float far = length(gl_PointCoord - 0.5) * (size + 1.0);
  float alpha = tint.a * clamp(size * 0.5 + 0.5 - far, 0.0, 1.0);
  pixel = vec4(mix(tint.rgb, paint.rgb, paint.a) * alpha, alpha);
}`;

// A cross, with an edge in the colour of the page so that it is seen on any cloud.
const CROSS_FRAGMENT = `${HEADER}
uniform float size, width;
uniform vec4 line, edge;
out vec4 pixel;
void main() {
  vec2 at = (gl_PointCoord - 0.5) * (size + 1.0);
  vec2 turned = vec2(at.x + at.y, at.x - at.y) * 0.70710678;
  vec2 folded = vec2(max(abs(turned.x), abs(turned.y)), min(abs(turned.x), abs(turned.y)));
  float arm = size * 0.5 - width - 1.0;
  float far = length(vec2(max(folded.x - arm, 0.0), folded.y));
  float inner = clamp(width * 0.5 + 0.5 - far, 0.0, 1.0);
  float alpha = clamp(width * 0.5 + 2.0 - far, 0.0, 1.0);
  pixel = vec4(mix(edge.rgb, line.rgb, inner) * alpha, alpha);
}`;

// A picture of the map, where it belongs now.
const PICTURE_VERTEX = `${HEADER}
uniform vec2 centre, scale, pictureCentre, pictureScale;
out vec2 at;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  at = corner;
  vec2 place = (corner * 2.0 - 1.0) / pictureScale + pictureCentre;
  gl_Position = vec4((place - centre) * scale, 0.0, 1.0);
}`;

const PICTURE_FRAGMENT = `${HEADER}
uniform sampler2D picture;
in vec2 at;
out vec4 pixel;
void main() {
  pixel = texture(picture, at);
}`;

// A program, linked when it is used first, and the places of its uniforms.
class Program {
  constructor(gl, vertex, fragment) {
    Object.assign(this, { gl, vertex, fragment, program: null, places: new Map() });
  }

  // Raises `Error` with what the driver says.
  link() {
    const { gl, vertex, fragment } = this;
    this.program = gl.createProgram();
    const shaders = [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]].map(([kind, source]) => {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
      return shader;
    });
    gl.linkProgram(this.program);
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(shaders.map((shader) => gl.getShaderInfoLog(shader)).join(" ") || "A shader did not link.");
    }
    for (const shader of shaders) gl.deleteShader(shader);
  }

  // Use it with these uniforms: numbers, or arrays of two or four.
  use(uniforms) {
    const { gl } = this;
    if (!this.program) this.link();
    gl.useProgram(this.program);
    for (const [name, value] of Object.entries(uniforms)) {
      if (!this.places.has(name)) this.places.set(name, gl.getUniformLocation(this.program, name));
      const place = this.places.get(name);
      if (typeof value === "number") gl.uniform1f(place, value);
      else if (value.length === 2) gl.uniform2fv(place, value);
      else gl.uniform4fv(place, value);
    }
  }
}

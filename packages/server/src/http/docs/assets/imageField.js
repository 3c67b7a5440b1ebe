import { h } from "./dom.js";

const SIDE = 280;
const DRAWN = "drawn";

/**
 * An image: chosen, dropped, pasted, or drawn by hand.
 *
 * @param {string} id
 * @param {() => void} changed
 * @returns {import("./fields.js").Control}
 */
export function imageField(id, changed) {
  /** @type {unknown} */
  let given;
  let isDrawing = false;
  const canvas = h("canvas", { width: SIDE, height: SIDE, tabIndex: 0, "aria-label": "Draw here" });
  const input = h("input", { id, type: "file", accept: "image/png,image/jpeg,image/webp" });
  const name = h("small", {});
  const clear = h("button", { type: "button" }, "Clear");

  /** @param {unknown} image @param {string} label */
  const take = (image, label) => {
    given = image;
    isDrawing = label === DRAWN;
    name.textContent = label;
    changed();
  };
  /** @param {File | undefined} file */
  const takeFile = async (file) => {
    if (file === undefined || !file.type.startsWith("image/")) return;
    await show(canvas, file);
    take(file, file.name);
  };
  input.onchange = () => takeFile(input.files?.[0]);
  canvas.ondragover = (event) => event.preventDefault();
  canvas.ondrop = (event) => {
    event.preventDefault();
    void takeFile(event.dataTransfer?.files[0]);
  };
  canvas.onpaste = (event) => void takeFile(event.clipboardData?.files[0]);
  const begin = () => {
    // Strokes add to a drawing, but not to a picture.
    if (!isDrawing) wipe(canvas);
    isDrawing = true;
  };
  drawOn(canvas, begin, () =>
    canvas.toBlob((blob) =>
      take(
        blob === null ? undefined : new File([blob], "drawing.png", { type: "image/png" }),
        DRAWN,
      ),
    ),
  );
  clear.onclick = () => {
    wipe(canvas);
    input.value = "";
    take(undefined, "");
  };
  wipe(canvas);
  return {
    element: h(
      "div",
      { className: "image" },
      canvas,
      h("p", {}, "Draw, drop an image here, or choose one: ", input, clear, name),
    ),
    read: () => given,
    set(value) {
      if (typeof value !== "string") return;
      const blob = fromBase64(value);
      given = blob;
      isDrawing = false;
      name.textContent = "the example";
      void show(canvas, blob);
    },
  };
}

/**
 * An image that JSON carries as base64 or as a data URL.
 *
 * @param {string} text
 */
function fromBase64(text) {
  const type = /^data:([\w/+.-]+);base64,/.exec(text)?.[1];
  const bytes = Uint8Array.from(atob(text.slice(text.indexOf(",") + 1)), (character) =>
    character.charCodeAt(0),
  );
  return new File([bytes], "example", {
    type: type ?? (bytes[0] === 0x89 ? "image/png" : "image/jpeg"),
  });
}

/** @param {HTMLCanvasElement} canvas */
function wipe(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Blob} image
 */
async function show(canvas, image) {
  wipe(canvas);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  try {
    const bitmap = await createImageBitmap(image);
    const scale = Math.min(SIDE / bitmap.width, SIDE / bitmap.height);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    context.imageSmoothingEnabled = scale < 1;
    context.drawImage(bitmap, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
  } catch {
    context.fillStyle = "#b3261e";
    context.fillText("This file cannot be shown.", 12, 24);
  }
}

/**
 * Lets a pen, a finger or a mouse draw.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {() => void} begin called before each stroke
 * @param {() => void} done called after each stroke
 */
function drawOn(canvas, begin, done) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  let drawing = false;
  /** @param {PointerEvent} event */
  const line = (event) => {
    const scale = canvas.width / canvas.clientWidth;
    context.lineTo(event.offsetX * scale, event.offsetY * scale);
    context.stroke();
  };
  canvas.onpointerdown = (event) => {
    begin();
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    Object.assign(context, { lineWidth: SIDE / 12, lineCap: "round", lineJoin: "round" });
    context.strokeStyle = "#111";
    context.beginPath();
    line(event);
  };
  canvas.onpointermove = (event) => {
    if (drawing) line(event);
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (drawing) done();
    drawing = false;
  };
}

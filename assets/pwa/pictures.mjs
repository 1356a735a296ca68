// Making a photo smaller, by the browser's own decoder and encoder.
/** A JPEG of at most `longest` pixels on its longer edge, upright whatever its EXIF orientation, without EXIF; with
 *  `stamp` written into its lower edge. */
export async function shrunk(bytes, longest, quality, stamp) {
  const image = await createImageBitmap(new Blob([bytes]), { imageOrientation: "from-image" });
  const scale = Math.min(1, longest / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  // drawn by the processor: the picture is read back at once, and a round over the graphics process keeps copies of it
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff"; // JPEG has no transparency
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  image.close();
  if (stamp) {
    const high = Math.max(12, Math.round(Math.max(width, height) / 50));
    context.font = `${high}px sans-serif`;
    context.textBaseline = "bottom";
    context.fillStyle = "rgba(0, 0, 0, 0.55)";
    context.fillRect(0, height - 2 * high, width, 2 * high);
    context.fillStyle = "#fff";
    context.fillText(stamp, high / 2, height - high / 2, width - high);
  }
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
  canvas.width = canvas.height = 0; // its memory goes now, not when garbage is collected
  return new Uint8Array(await blob.arrayBuffer());
}

// A button that brings the box with the images into view. data: {label}

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  if (!button || !data) return;
  button.textContent = data.label;
  button.onclick = () => document.querySelector(".st-key-box-gallery")?.scrollIntoView({ block: "start" });
}

import "./style.css";

const button = document.querySelector("button");
let bought = 0;

button.addEventListener("click", () => {
  bought += 1;
  button.textContent = `Bought: ${bought}`;
});

// On a phone the names of the screens lie in a drawer over the page: it closes when one is chosen.

const DRAWER = '[data-testid="stSidebar"]', CLOSE = '[data-testid="stSidebarCollapseButton"] button';
const PHONE = "(max-width: 640px)"; // as in shell.css

function closeDrawer(event) {
  if (matchMedia(PHONE).matches && event.target.closest?.(`${DRAWER} a[href]`)) document.querySelector(CLOSE)?.click();
}

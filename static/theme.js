// The reader's choice of colours, remembered (where that is allowed) and followed by other tabs.
{
  const all = ["system", "dark", "light"], page = document.documentElement.dataset;
  const show = () => {
    try { page.theme = localStorage.theme } catch {}
    if (!all.includes(page.theme)) page.theme = all[0];
  };
  const turn = ({ target }) => {
    const button = target.closest(".theme");
    if (!button) return;
    page.theme = all[(all.indexOf(page.theme) + 1) % 3];
    try { localStorage.theme = page.theme } catch {}
    button.nextElementSibling.textContent = button.innerText;
  };
  show();
  onstorage = onpageshow = show;
  addEventListener("click", turn);
}

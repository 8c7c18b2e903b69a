// Light or dark, as chosen on this page before; else as the system has it. Runs before anything is
// drawn, so that nothing flashes.
{
  const chosen = localStorage.getItem("tagstream.theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
}

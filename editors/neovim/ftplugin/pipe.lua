vim.bo.commentstring = "# %s"
vim.bo.comments = ":##,:#"
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
vim.bo.softtabstop = 2
vim.bo.textwidth = 110
-- Colours by the grammar, where it is installed and this Neovim starts it by itself (0.8 and newer).
if vim.treesitter.start then
  pcall(vim.treesitter.start, 0, "pipe")
end
require("pipe").attach(vim.api.nvim_get_current_buf())

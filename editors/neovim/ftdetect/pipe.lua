vim.api.nvim_create_autocmd({ "BufRead", "BufNewFile" }, {
  pattern = "*.pipe",
  callback = function()
    vim.bo.filetype = "pipe"
  end,
})

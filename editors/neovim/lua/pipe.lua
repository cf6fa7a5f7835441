-- The language server for `.pipe` files: one for each folder that is the root of packages. For Neovim 0.7 and newer.

local M = {}

local options = {
  -- The server's command line.
  cmd = { "pipe", "lsp" },
  -- What else `vim.lsp.start_client` takes: `on_attach`, `capabilities`, `handlers` and so on.
  client = {},
}

-- Clients by root, where `vim.lsp.start` does not keep them itself.
local clients = {}

--- Changes the options; a file that is open keeps its server.
function M.setup(given)
  options = vim.tbl_deep_extend("force", options, given or {})
end

--- The repository that a file is in, else the folder of its package, else its folder.
local function root_of(file)
  local folder = vim.fn.fnamemodify(file, ":p:h")
  for _, mark in ipairs({ ".git", "pipe.toml", "main.pipe" }) do
    local found = vim.fn.finddir(mark, folder .. ";")
    if found == "" then
      found = vim.fn.findfile(mark, folder .. ";")
    end
    if found ~= "" then
      return vim.fn.fnamemodify(found, ":p"):gsub("/$", ""):match("^(.*)/[^/]+$")
    end
  end
  return folder
end

--- Gives a buffer its server, which is started when there is none for its root.
function M.attach(buffer)
  if vim.bo[buffer].buftype ~= "" then
    return
  end
  local config = vim.tbl_deep_extend("keep", { name = "pipe", cmd = options.cmd, root_dir = root_of(vim.api.nvim_buf_get_name(buffer)) }, options.client)
  if vim.lsp.start then
    vim.lsp.start(config, { bufnr = buffer })
    return
  end
  local client = clients[config.root_dir]
  if client == nil or vim.lsp.client_is_stopped(client) then
    client = vim.lsp.start_client(config)
    clients[config.root_dir] = client
  end
  if client then
    vim.lsp.buf_attach_client(buffer, client)
    vim.bo[buffer].omnifunc = "v:lua.vim.lsp.omnifunc"
  end
end

return M

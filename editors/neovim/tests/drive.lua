-- Neovim with the files of this folder, driving the server without a screen:
-- PIPE_TEST_BINARY=pipe nvim --headless -u NONE --cmd 'set runtimepath^=editors/neovim' -c 'luafile editors/neovim/tests/drive.lua'

-- A server that does not answer fails the test by this, in milliseconds.
local PATIENCE = 60000

local folder = vim.fn.tempname()
vim.fn.mkdir(folder, "p")
vim.cmd("filetype plugin on")
vim.o.hidden = true
require("pipe").setup({ cmd = { vim.env.PIPE_TEST_BINARY or "pipe", "lsp" } })

local function write(name, lines)
  vim.fn.writefile(lines, folder .. "/" .. name)
end

local function open(name)
  local known = vim.fn.bufnr(folder .. "/" .. name)
  if known > 0 then
    vim.api.nvim_set_current_buf(known)
  else
    vim.cmd("edit " .. vim.fn.fnameescape(folder .. "/" .. name))
  end
  return vim.api.nvim_get_current_buf()
end

local function wait(what, look)
  assert(vim.wait(PATIENCE, look, 20), "this never came: " .. what)
end

local function lines(buffer)
  return vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
end

local function errors(buffer)
  return vim.diagnostic.get(buffer, { severity = vim.diagnostic.severity.ERROR })
end

local function equal(got, wanted)
  assert(vim.deep_equal(got, wanted), "got " .. vim.inspect(got) .. ", wanted " .. vim.inspect(wanted))
end

write("words.pipe", { "## What is said.", "pub fn greeting(name: String) -> String { name }" })
write("main.pipe", { 'use "./words.pipe" as words', "", "pub fn first() -> String { words.greeting(3) }" })

local tests = {
  {
    "diagnostics come, and go with what is wrong",
    function()
      local main = open("main.pipe")
      equal(vim.bo.filetype, "pipe")
      wait("an error", function()
        return #errors(main) == 1
      end)
      local found = errors(main)[1]
      equal({ found.lnum, found.source }, { 2, "pipe" })
      vim.api.nvim_buf_set_lines(main, 2, 3, false, { 'pub fn first() -> String { words.greeting("a") }' })
      wait("no error", function()
        return #errors(main) == 0
      end)
    end,
  },
  {
    "completion offers operations",
    function()
      local main = open("main.pipe")
      vim.api.nvim_buf_set_lines(main, -1, -1, false, { "", "pub fn box() -> Container {", '  image("alpine").', "}" })
      local row = #lines(main) - 1
      vim.api.nvim_win_set_cursor(0, { row, 0 })
      equal(vim.bo.omnifunc, "v:lua.vim.lsp.omnifunc")
      local params = vim.lsp.util.make_position_params()
      params.position.character = #lines(main)[row]
      local answers = vim.lsp.buf_request_sync(main, "textDocument/completion", params, PATIENCE)
      local offered = {}
      for _, answer in pairs(answers or {}) do
        for _, item in ipairs(answer.result.items or answer.result) do
          offered[item.label] = item.kind
        end
      end
      equal(offered.run, vim.lsp.protocol.CompletionItemKind.Method)
      vim.api.nvim_buf_set_lines(main, row - 3, -1, false, {})
    end,
  },
  {
    "a name is changed in every file",
    function()
      local main = open("main.pipe")
      local row = 3
      local column = lines(main)[row]:find("greeting") - 1
      vim.api.nvim_win_set_cursor(0, { row, column })
      vim.lsp.buf.rename("said")
      wait("the new name", function()
        return lines(main)[row]:find("words.said", 1, true) ~= nil
      end)
      local words = vim.fn.bufnr(folder .. "/words.pipe")
      assert(lines(words)[2]:find("pub fn said(", 1, true), vim.inspect(lines(words)))
      wait("no error", function()
        return #errors(main) == 0
      end)
    end,
  },
  {
    "a file is formatted",
    function()
      local main = open("main.pipe")
      vim.api.nvim_buf_set_lines(main, -1, -1, false, { "", "", "", "pub fn  second( )->Int{1}" })
      vim.lsp.buf.formatting_sync({}, PATIENCE)
      local text = lines(main)
      equal(text[#text], "pub fn second() -> Int { 1 }")
      equal(text[#text - 1], "")
      assert(text[#text - 2] ~= "", vim.inspect(text))
    end,
  },
}

if vim.env.PIPE_TEST_GRAMMAR then
  table.insert(tests, {
    "the grammar and its queries load",
    function()
      vim.opt.runtimepath:prepend(vim.env.PIPE_TEST_GRAMMAR)
      local main = open("main.pipe")
      local tree = vim.treesitter.get_parser(main, "pipe"):parse()[1]
      equal(tree:root():has_error(), false)
      for _, kind in ipairs({ "highlights", "injections", "locals", "folds", "indents" }) do
        local query = require("vim.treesitter.query").get_query("pipe", kind)
        assert(query and #query.captures > 0, kind)
      end
    end,
  })
end

local passed, failed = 0, 0
for _, test in ipairs(tests) do
  local fine, why = xpcall(test[2], debug.traceback)
  if fine then
    passed = passed + 1
    io.stdout:write("test " .. test[1] .. " ... ok\n")
  else
    failed = failed + 1
    io.stdout:write("test " .. test[1] .. " ... FAILED\n" .. why .. "\n")
  end
end
io.stdout:write(("test result: %s. %d passed; %d failed\n"):format(failed == 0 and "ok" or "FAILED", passed, failed))
vim.fn.delete(folder, "rf")
vim.cmd(failed == 0 and "qall!" or "cquit!")

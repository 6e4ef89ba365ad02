--- What a user's own configuration may call: the state for a status line, and the client's configuration for a Neovim
--- before 0.11, which does not read `lsp/`.
local M = {}

M.NAME = 'wic_lsp'

--- Say what is known of a buffer's present text. Empty where wic-lsp is not attached to it.
---
--- "clean" is said only where the compilers ran to their end on exactly this text.
---@param bufnr? integer default: the current buffer
---@return string
function M.status(bufnr)
  bufnr = (bufnr == nil or bufnr == 0) and vim.api.nvim_get_current_buf() or bufnr
  local client = require('wic.program').client(bufnr)
  if not client then
    return ''
  end
  return 'wic: ' .. require('wic.checks').describe(bufnr, client)
end

--- Return the configuration of the client for |vim.lsp.start()|, as of `lsp/wic_lsp.lua`.
---@param bufnr integer
---@param own? table what to set otherwise, as `vim.lsp.config()` takes it
---@return vim.lsp.ClientConfig
function M.client_config(bufnr, own)
  local file = vim.api.nvim_get_runtime_file('lsp/wic_lsp.lua', false)[1]
  local config = vim.tbl_deep_extend('force', dofile(file), own or {})
  config.name = M.NAME
  -- Without a root, 0.10 would start a server for each file.
  config.root_dir = config.root_dir
    or vim.fs.root(bufnr, config.root_markers)
    or vim.fs.dirname(vim.api.nvim_buf_get_name(bufnr))
  config.capabilities = vim.tbl_deep_extend('force', vim.lsp.protocol.make_client_capabilities(), {
    -- What 0.10 can do, and does not say.
    general = { positionEncodings = { 'utf-8', 'utf-16', 'utf-32' } },
    textDocument = { codeLens = { dynamicRegistration = false } },
  }, config.capabilities)
  return config
end

return M

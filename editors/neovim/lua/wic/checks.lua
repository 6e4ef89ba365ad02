--- Remembers, for each buffer, what the server's last answer was and which text it was about.
---
--- The versions are what is compared, never times: an answer about an older text says nothing of the present one.
local M = {}

---@class wic.Answer
---@field version integer of the text that was checked
---@field errors integer
---@field warnings integer
---@field is_whole boolean whether all was compiled to its end

---@type table<integer, wic.Answer>
local answers = {}

--- What the server said last of a buffer's check, in `wic/status`. Older servers say nothing of the kind.
---@type table<integer, { version: integer, status: string }>
local states = {}

--- How the server calls a check that has no result, in a diagnostic's code.
local NOT_CHECKED = {
  ['not-checked'] = true,
  ['not-run'] = true,
  ['timed-out'] = true,
  ['out-of-memory'] = true,
  ['output-limit'] = true,
  ['crashed'] = true,
}

local function tell()
  vim.api.nvim_exec_autocmds('User', { pattern = 'WicStatus', modeline = false })
  vim.cmd.redrawstatus({ bang = true })
end

---@param diagnostics lsp.Diagnostic[]
---@return wic.Answer
local function read(version, diagnostics)
  local answer = { version = version, errors = 0, warnings = 0, is_whole = true }
  for _, one in ipairs(diagnostics) do
    if NOT_CHECKED[one.code] then
      answer.is_whole = false
    elseif one.severity == vim.lsp.protocol.DiagnosticSeverity.Error then
      answer.errors = answer.errors + 1
    elseif one.severity == vim.lsp.protocol.DiagnosticSeverity.Warning then
      answer.warnings = answer.warnings + 1
    end
  end
  return answer
end

--- |lsp-handler| for "textDocument/publishDiagnostics": shows them as Neovim does, and remembers them.
function M.on_publish(err, params, ctx, config)
  vim.lsp.handlers['textDocument/publishDiagnostics'](err, params, ctx, config)
  local file = vim.uri_to_fname(params.uri)
  if vim.fn.bufexists(file) == 0 then
    return
  end
  -- Without a version it is about a text that the server has not got open.
  answers[vim.uri_to_bufnr(params.uri)] = params.version and read(params.version, params.diagnostics) or nil
  tell()
end

--- |lsp-handler| for "wic/status": how far the check of a document is.
function M.on_status(_, params)
  if vim.fn.bufexists(vim.uri_to_fname(params.uri)) == 1 then
    states[vim.uri_to_bufnr(params.uri)] = { version = params.version, status = params.status }
    tell()
  end
end

local function drop(bufnr)
  answers[bufnr] = nil
  states[bufnr] = nil
end

--- Forget what is known of a buffer: a new answer is awaited.
---@param bufnr integer
function M.forget(bufnr)
  drop(bufnr)
  tell()
end

-- A buffer that is opened anew, as by `:edit`, counts its versions from 0 again.
vim.api.nvim_create_autocmd('LspNotify', {
  group = vim.api.nvim_create_augroup('wic_checks', {}),
  desc = 'wic: a text that is opened anew has no answer yet',
  callback = function(args)
    local client = vim.lsp.get_client_by_id(args.data.client_id)
    if client and client.name == require('wic').NAME and args.data.method == 'textDocument/didOpen' then
      drop(vim.uri_to_bufnr(args.data.params.textDocument.uri))
    end
  end,
})

local function count(number, what)
  return ('%d %s%s'):format(number, what, number == 1 and '' or 's')
end

--- Say in a word or two what is known of a buffer's present text.
---@param bufnr integer
---@return string
function M.describe(bufnr)
  local version = vim.lsp.util.buf_versions[bufnr]
  local answer, state = answers[bufnr], states[bufnr]
  if state and state.version == version then
    if state.status == 'withheld' then
      return 'not checked'
    elseif state.status == 'checking' then
      return 'checking'
    end
  end
  if not answer or answer.version ~= version then
    return 'checking'
  elseif answer.errors > 0 then
    return count(answer.errors, 'error')
  elseif not answer.is_whole then
    return 'not checked'
  elseif answer.warnings > 0 then
    return count(answer.warnings, 'warning')
  end
  return 'clean'
end

return M

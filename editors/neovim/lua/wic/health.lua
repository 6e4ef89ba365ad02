--- `:checkhealth wic`: what works, what does not, and how to mend it.
local program = require('wic.program')

local M = {}
local health = vim.health

--- What goes below a finding: a remedy, where there is one.
local function advice(remedy)
  return type(remedy) == 'string' and remedy ~= '' and { remedy } or nil
end

local function check_neovim()
  health.start('Neovim')
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.11') == 1 then
    health.ok('Neovim ' .. version)
  elseif vim.fn.has('nvim-0.10') == 1 then
    health.ok(('Neovim %s: set up by an autocommand, see `:help wic-0.10`'):format(version))
  else
    health.error(('Neovim %s is too old'):format(version), { 'Install Neovim 0.11 or newer.' })
  end
  if vim.lsp.is_enabled then
    if vim.lsp.is_enabled(require('wic').NAME) then
      health.ok('The client is enabled.')
    else
      health.warn('The client is not enabled.', { "Put `vim.lsp.enable('wic_lsp')` into your init.lua." })
    end
  end
end

local function check_server()
  health.start('Server')
  local command = program.server_command()
  if type(command) ~= 'table' then
    health.info('The server is started by a function of yours.')
    return
  end
  local found = vim.fn.exepath(command[1])
  if found == '' then
    health.error(('`%s` was not found.'):format(command[1]), { program.INSTALL })
  else
    health.ok(('`%s` is %s'):format(table.concat(command, ' '), found))
  end
end

--- Returns the program `wic`.
local function check_program()
  local wic, why = program.find()
  if not wic then
    health.error(why, { program.INSTALL })
    return nil
  end
  health.ok(('wic %s (%s)'):format(program.version(wic), wic))
  return wic
end

local function check_clients()
  health.start('Clients')
  local clients = vim.lsp.get_clients({ name = require('wic').NAME })
  if #clients == 0 then
    health.info('wic-lsp does not run now. It starts with the first file in one of its languages.')
  end
  for _, client in ipairs(clients) do
    local names = {}
    for bufnr in pairs(client.attached_buffers) do
      local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(bufnr), ':~:.')
      table.insert(names, ('%s (%s)'):format(name, require('wic').status(bufnr)))
    end
    table.sort(names)
    health.ok(
      ('Client %d: columns in %s, root %s, attached to %s'):format(
        client.id,
        client.offset_encoding,
        client.root_dir or 'none (single files)',
        #names > 0 and table.concat(names, ', ') or 'no buffer'
      )
    )
    if client.server_capabilities.diagnosticProvider then
      health.warn('Diagnostics are pulled: the state for status lines is not known, and some news is not shown.', {
        'Remove `capabilities.textDocument.diagnostic` from your own configuration of wic_lsp.',
      })
    end
  end
end

--- Report a runtime of `wic doctor`; one that nobody asked for may be unusable.
local function report_runtime(runtime, is_needed)
  if runtime.usable then
    local names = {}
    for _, one in ipairs(runtime.toolchains) do
      if one.usable and not vim.list_contains(names, one.id) then
        table.insert(names, one.id)
      end
    end
    local which = #names > 0 and table.concat(names, ', ') or 'no compiler'
    health.ok(('Runtime %s: %s'):format(runtime.name, which))
  elseif is_needed then
    health.error(('Runtime %s: %s'):format(runtime.name, runtime.reason), advice(runtime.remedy))
  else
    health.info(('Runtime %s is not usable: %s %s'):format(runtime.name, runtime.reason, runtime.remedy))
  end
  for _, one in ipairs(runtime.usable and runtime.toolchains or {}) do
    if not one.usable and one.reason then
      health.warn(('%s: %s (%s): %s'):format(runtime.name, one.id, one.language, one.reason), advice(one.remedy))
    end
  end
end

local function check_machine(wic)
  health.start('What compiles here: `wic doctor`')
  if program.is_shared() then
    health.info('The server is a shared one. What can be used there is for whoever runs it to say.')
    return
  end
  local result = vim.system({ wic, 'doctor', '--format', 'json' }, { text = true }):wait(120000)
  local ok, report = pcall(vim.json.decode, result.stdout)
  if not ok then
    health.error(('`wic doctor` said nothing that can be read: %s'):format(vim.trim(result.stderr)))
    return
  end
  local is_any_usable = vim.iter(report.runtimes):any(function(one)
    return one.usable
  end)
  for _, runtime in ipairs(report.runtimes) do
    report_runtime(runtime, not is_any_usable)
  end
  for _, choice in ipairs(report.choice) do
    if type(choice.toolchain) == 'string' and choice.toolchain ~= '' then
      health.ok(('%s: %s in %s'):format(choice.language, choice.toolchain, choice.runtime))
    else
      health.warn(('%s: %s'):format(choice.language, choice.why), advice(choice.remedy))
    end
  end
end

function M.check()
  check_neovim()
  check_server()
  local wic = check_program()
  check_clients()
  if wic then
    check_machine(wic)
  end
end

return M

--- Finds the client and the programs: the server's command, and `wic` beside it, which tells what can be used here.
---
--- Another program is called `wic` as well, Yocto's creator of images: one counts only by what it says of its version.
local M = {}

M.INSTALL = 'Install it with `pip install wic-lsp` (or `pipx install wic-lsp`), so that `wic-lsp` is on your PATH.'

--- The client that is attached to a buffer.
---@param bufnr? integer without one, any that runs
---@return vim.lsp.Client?
function M.client(bufnr)
  return vim.lsp.get_clients({ bufnr = bufnr, name = require('wic').NAME })[1]
end

--- The command that starts the server: that of the client that runs, else what is configured.
---@return string[]|function
function M.server_command()
  local client = M.client()
  if client then
    return client.config.cmd
  end
  local configured = vim.lsp.config and vim.lsp.config[require('wic').NAME]
  return configured and configured.cmd or { 'wic-lsp' }
end

--- Whether the server is one that many share: what can be used there, nobody here knows.
---@return boolean
function M.is_shared()
  local command = M.server_command()
  return type(command) == 'table' and vim.list_contains(command, 'connect')
end

--- Ask a program for its version. Returns it, or nil and why the program is not ours.
---@param program string
---@return string? version
---@return string? why
function M.version(program)
  local ok, result = pcall(function()
    return vim.system({ program, '--version' }, { text = true }):wait(20000)
  end)
  if not ok then
    return nil, ('%s does not start: %s'):format(program, result)
  end
  local version = (result.stdout or ''):match('^wic (%d+%.%d+%.%d+%S*)')
  if version then
    return version
  end
  return nil,
    ('%s is another program of that name (as Yocto has one): `wic --version` does not print `wic X.Y.Z`.'):format(
      program
    )
end

--- Find `wic`: beside the server, which it is installed with, else on the PATH.
---@return string? program
---@return string why there is none
function M.find()
  local command = M.server_command()
  local tried = {}
  if type(command) == 'table' then
    local server = vim.fn.exepath(command[1])
    if server ~= '' then
      local beside = vim.fs.dirname(server) .. '/wic'
      tried = { vim.fs.basename(server) == 'wic' and server or beside }
    end
  end
  table.insert(tried, vim.fn.exepath('wic'))
  local why = 'The program `wic` was not found. ' .. M.INSTALL
  for _, program in ipairs(tried) do
    if program ~= '' and vim.fn.executable(program) == 1 then
      local version, reason = M.version(program)
      if version then
        return program, ''
      end
      why = ('%s %s'):format(reason, M.INSTALL)
    end
  end
  return nil, why
end

--- Run `wic` with these arguments, then call `done` with what it printed, or tell the user why it could not.
---@param arguments string[]
---@param done fun(output: string)
function M.run(arguments, done)
  local program, why = M.find()
  if not program then
    vim.notify('wic: ' .. why, vim.log.levels.ERROR)
    return
  end
  vim.system({ program, unpack(arguments) }, { text = true }, function(result)
    vim.schedule(function()
      if result.stdout == '' then
        local said = result.stderr ~= '' and result.stderr or ('it ended with exit code %d'):format(result.code)
        vim.notify(('wic %s: %s'):format(table.concat(arguments, ' '), said), vim.log.levels.ERROR)
        return
      end
      done(result.stdout)
    end)
  end)
end

--- Tell the user, once, that the server is missing. Neovim 0.11 writes no more than a line in its log.
function M.tell_if_missing()
  local name = require('wic').NAME
  if vim.lsp.is_enabled and not vim.lsp.is_enabled(name) then
    return
  end
  local command = M.server_command()
  if type(command) == 'table' and vim.fn.executable(command[1]) == 0 then
    vim.notify(
      ('wic: `%s` was not found, so nothing is compiled. %s Then `:edit`; `:checkhealth wic` says more.'):format(
        command[1],
        M.INSTALL
      ),
      vim.log.levels.WARN
    )
  end
end

return M

--- What the `:LspWic...` commands do. Loaded with the first of them.
local program = require('wic.program')

local M = {}

local function fail(message)
  vim.notify('wic: ' .. message, vim.log.levels.ERROR)
end

--- The client of the current buffer; where there is none the user is told.
---@return vim.lsp.Client?
local function need_client()
  local client = program.client(0)
  if not client then
    fail('wic-lsp is not attached to this buffer. `:checkhealth wic` says why.')
  end
  return client
end

-- Before 0.11 a client's functions are no methods.
local is_method = vim.fn.has('nvim-0.11') == 1

---@param client vim.lsp.Client
---@param command string
---@param arguments any[]
---@param done? fun(result: any)
local function execute(client, command, arguments, done)
  local function answered(err, result)
    if err then
      fail(err.message)
    elseif done then
      done(result)
    end
  end
  local params = { command = command, arguments = arguments }
  if is_method then
    client:request('workspace/executeCommand', params, answered, 0)
  else
    client.request('workspace/executeCommand', params, answered, 0)
  end
end

--- Show lines in a read-only buffer of no file, in a window of its own. `q` closes it.
---@param title string
---@param lines string[]
---@param filetype? string
local function show(title, lines, filetype)
  local name = ('wic://%s'):format(title)
  local bufnr = vim.fn.bufnr('^' .. vim.fn.escape(name, '\\[]*?{},') .. '$')
  if bufnr < 0 then
    bufnr = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(bufnr, name)
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr, nowait = true, desc = 'Close' })
  end
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].readonly = true
  vim.bo[bufnr].filetype = filetype or ''
  local window = vim.fn.bufwinid(bufnr)
  if window < 0 then
    vim.cmd.split()
    vim.api.nvim_win_set_buf(0, bufnr)
  else
    vim.api.nvim_set_current_win(window)
  end
end

--- `:LspWicCheckNow[!]`: check this buffer afresh, or all.
---@param all boolean
function M.check_now(all)
  local client = need_client()
  if not client then
    return
  end
  local checks = require('wic.checks')
  for bufnr in pairs(client.attached_buffers) do
    if all or bufnr == vim.api.nvim_get_current_buf() then
      checks.forget(bufnr)
    end
  end
  execute(client, 'wic.checkNow', all and {} or { vim.uri_from_bufnr(0) })
end

--- `:LspWicOutput`: what the compilers write for people, of this buffer.
function M.output()
  M.show_output(vim.uri_from_bufnr(0))
end

---@param uri string
function M.show_output(uri)
  local client = need_client()
  if not client then
    return
  end
  execute(client, 'wic.showOutput', { uri }, function(results)
    local lines = {}
    for _, one in ipairs(results) do
      local place = type(one.line) == 'number' and (', the block in line %d'):format(one.line + 1) or ''
      local ended = one.outcome:gsub('_', ' ')
      table.insert(lines, ('%s (%s)%s: %s'):format(one.toolchain, one.runtime, place, ended))
      for _, text in ipairs({ table.concat(one.command, ' '), one.reason, one.output }) do
        if text ~= '' then
          vim.list_extend(lines, vim.split(vim.trim(text), '\r?\n'))
        end
      end
      table.insert(lines, '')
    end
    show('output', lines)
  end)
end

--- `:LspWicMatrix`: which toolchains take this buffer's text, as a table.
function M.matrix()
  local client = need_client()
  if not client then
    return
  end
  local known = vim.tbl_get(client.server_capabilities, 'executeCommandProvider', 'commands') or {}
  if not vim.list_contains(known, 'wic.showMatrix') then
    fail('This server makes no table: it does not know `wic.showMatrix`. A newer wic-lsp does.')
    return
  end
  execute(client, 'wic.showMatrix', { vim.uri_from_bufnr(0) }, function(markdown)
    -- Nobody renders it here, so that Markdown's escapes would only be in the way.
    local text = vim.trim(markdown):gsub('\\(%p)', '%1')
    show('matrix', vim.split(text, '\r?\n'), 'markdown')
  end)
end

--- What a filetype is called in `wic toolchains` and `wic.toolchains`.
local LANGUAGES = { typescriptreact = 'typescript', javascriptreact = 'javascript' }

--- Set a language's toolchains until Neovim ends; none means what the bare command means.
---@param client vim.lsp.Client
---@param language string
---@param toolchains string[]
local function choose(client, language, toolchains)
  local wic = client.settings.wic or {}
  wic.toolchains = wic.toolchains or {}
  wic.toolchains[language] = #toolchains > 0 and toolchains or nil
  if vim.tbl_isempty(wic.toolchains) then
    wic.toolchains = vim.empty_dict()
  end
  client.settings.wic = wic
  for bufnr in pairs(client.attached_buffers) do
    require('wic.checks').forget(bufnr)
  end
  local params = { settings = client.settings }
  if is_method then
    client:notify('workspace/didChangeConfiguration', params)
  else
    client.notify('workspace/didChangeConfiguration', params)
  end
end

--- `:LspWicToolchains [toolchain...]`: choose what this buffer's language is compiled with, until Neovim ends.
---@param named string[]
function M.toolchains(named)
  local client = need_client()
  if not client then
    return
  end
  local filetype = vim.bo.filetype
  local language = LANGUAGES[filetype] or filetype
  if #named > 0 then
    if filetype == 'markdown' then
      fail('A Markdown document has many languages: name the toolchain on the fence, as `wic:toolchain=gcc-12`.')
      return
    end
    choose(client, language, named)
    return
  end
  if program.is_shared() then
    fail('Which toolchains a shared server has is not known here. Name them: `:LspWicToolchains gcc-12`.')
    return
  end
  program.run({ 'toolchains', '--format', 'json' }, function(output)
    local items = {}
    for _, one in ipairs(vim.json.decode(output).toolchains) do
      if one.usable and (one.language == language or filetype == 'markdown') then
        local title = ('%s %s (%s, %s)'):format(one.id, one.version, one.language, one.runtime)
        table.insert(items, { title = title, language = one.language, toolchains = { one.id } })
      end
    end
    if #items == 0 then
      fail(('There is no toolchain for %s here. `:LspWicDoctor` says why.'):format(language))
      return
    end
    if filetype ~= 'markdown' then
      local all = {}
      for _, item in ipairs(items) do
        if not vim.list_contains(all, item.toolchains[1]) then
          table.insert(all, item.toolchains[1])
        end
      end
      if #all > 1 then
        table.insert(items, { title = 'all of them, side by side', language = language, toolchains = all })
      end
      table.insert(items, { title = 'what the bare command means', language = language, toolchains = {} })
    end
    vim.ui.select(items, {
      prompt = 'Compile with:',
      kind = 'wic_toolchain',
      format_item = function(item)
        return item.title
      end,
    }, function(item)
      if item then
        choose(client, item.language, item.toolchains)
      end
    end)
  end)
end

--- `:LspWicRestart [runtime]`: start the server anew, or only what compiles for it.
---@param what string
function M.restart(what)
  local client = need_client()
  if not client then
    return
  end
  if what == 'runtime' then
    execute(client, 'wic.restartRuntime', {})
    return
  elseif what ~= '' then
    fail(('`:LspWicRestart %s`: only `runtime` can be restarted by itself.'):format(what))
    return
  end
  local config = vim.tbl_extend('force', client.config, { settings = client.settings })
  local buffers = vim.tbl_keys(client.attached_buffers)
  for _, bufnr in ipairs(buffers) do
    require('wic.checks').forget(bufnr)
  end
  if is_method then
    client:stop()
  else
    client.stop()
  end
  local timer = assert(vim.uv.new_timer())
  local since = vim.uv.now()
  timer:start(
    0,
    50,
    vim.schedule_wrap(function()
      if timer:is_closing() or (vim.lsp.get_client_by_id(client.id) and vim.uv.now() - since < 5000) then
        return
      end
      timer:close()
      if vim.lsp.get_client_by_id(client.id) then -- it does not end by itself
        if is_method then
          client:stop(true)
        else
          client.stop(true)
        end
      end
      for _, bufnr in ipairs(buffers) do
        if vim.api.nvim_buf_is_loaded(bufnr) then
          vim.lsp.start(config, { bufnr = bufnr })
        end
      end
    end)
  )
end

--- `:LspWicPullImage [image]`: fetch a compiler's image.
---@param image string
function M.pull_image(image)
  local client = need_client()
  if not client then
    return
  end
  local function pull(name)
    vim.notify(('wic: pulling %s'):format(name))
    execute(client, 'wic.pullImage', { name }, function(has_come)
      vim.notify(('wic: %s %s'):format(name, has_come and 'is here' or 'was not pulled: it was cancelled'))
    end)
  end
  if image ~= '' then
    pull(image)
    return
  end
  program.run({ 'images', 'list', '--format', 'json' }, function(output)
    local images, seen = {}, {}
    for _, one in ipairs(vim.json.decode(output).images) do
      if not one.here and not one.recipe and not seen[one.image] then
        seen[one.image] = true
        table.insert(images, one.image)
      end
    end
    vim.ui.select(images, { prompt = 'Pull the image:', kind = 'wic_image' }, function(name)
      if name then
        pull(name)
      end
    end)
  end)
end

--- `:LspWicDoctor`: what works on this machine, what does not, and why.
function M.doctor()
  program.run({ 'doctor' }, function(output)
    show('doctor', vim.split(vim.trim(output), '\r?\n'))
  end)
end

return M

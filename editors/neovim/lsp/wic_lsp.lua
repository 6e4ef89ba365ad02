---@brief
---
--- wic-lsp, "Will it compile?": compiles what you edit, in isolation, and shows what the compilers say.
---
--- Install it with `pip install wic-lsp`, then `vim.lsp.enable('wic_lsp')`. Options and commands: `:help wic`.

---@type vim.lsp.Config
return {
  cmd = { 'wic-lsp' },
  filetypes = {
    'c',
    'cpp',
    'go',
    'java',
    'javascript',
    'javascriptreact',
    'markdown',
    'python',
    'rust',
    'typescript',
    'typescriptreact',
    'zig',
  },
  root_markers = { 'wic.toml', '.wic.toml', '.git' },
  -- A file of no project is checked as well.
  workspace_required = false,
  capabilities = {
    textDocument = {
      -- Diagnostics are pushed, so that all news is shown: before 0.12 Neovim, where it pulls them, is never told to
      -- look again, as when a header was edited or an image has come.
      diagnostic = vim.NIL,
    },
    experimental = { wicStatus = true },
  },
  handlers = {
    ['textDocument/publishDiagnostics'] = function(...)
      return require('wic.checks').on_publish(...)
    end,
    ['wic/status'] = function(...)
      return require('wic.checks').on_status(...)
    end,
  },
  commands = {
    -- What a code lens runs.
    ['wic.showOutput'] = function(command)
      require('wic.commands').show_output(command.arguments[1])
    end,
  },
}

--- The commands, and a word where the server is missing. Nothing else is loaded before it is used.
if vim.g.loaded_wic then
  return
end
vim.g.loaded_wic = true

local function command(name, description, options, run)
  options.desc = 'wic: ' .. description
  vim.api.nvim_create_user_command(name, function(args)
    run(require('wic.commands'), args)
  end, options)
end

command('LspWicCheckNow', 'check this buffer afresh, with ! all of them', { bang = true }, function(commands, args)
  commands.check_now(args.bang)
end)
command('LspWicOutput', 'show what the compilers write of this buffer', {}, function(commands)
  commands.output()
end)
command('LspWicMatrix', 'show which toolchains take this buffer', {}, function(commands)
  commands.matrix()
end)
command('LspWicToolchains', 'choose what compiles this language', { nargs = '*' }, function(commands, args)
  commands.toolchains(args.fargs)
end)
command('LspWicRestart', 'start the server anew, or only its runtime', {
  nargs = '?',
  complete = function()
    return { 'runtime' }
  end,
}, function(commands, args)
  commands.restart(args.args)
end)
command('LspWicPullImage', "fetch a compiler's image", { nargs = '?' }, function(commands, args)
  commands.pull_image(args.args)
end)
command('LspWicDoctor', 'show what works here and what does not', {}, function(commands)
  commands.doctor()
end)

local group = vim.api.nvim_create_augroup('wic_missing', {})
vim.api.nvim_create_autocmd('FileType', {
  group = group,
  pattern = 'c,cpp,go,java,javascript,javascriptreact,markdown,python,rust,typescript,typescriptreact,zig',
  desc = 'wic: tell, once, where the server is missing',
  callback = function()
    vim.api.nvim_clear_autocmds({ group = group })
    -- Later: `vim.lsp.enable()` may follow in the user's own file.
    vim.schedule(function()
      require('wic.program').tell_if_missing()
    end)
  end,
})

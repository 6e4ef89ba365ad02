" wic-lsp as a linter of ALE: how it is started, with what, and the commands that ALE has no word for.
"
" ALE counts columns in bytes and does not tell a language server so, which then counts them as the protocol says where
" nothing is said: in UTF-16. Columns and fixes would land beside their place in every line with an umlaut or an emoji.
" So the options with which the server is started say it.

let s:filetypes = ['c', 'cpp', 'go', 'java', 'javascript', 'markdown', 'python', 'rust', 'typescript', 'zig']
let s:told = {}

" Return a value of g:ale_linters: wic for each of its languages, beside the linters of others that are given.
function! wic#linters(...) abort
    let l:linters = deepcopy(get(a:000, 0, {}))

    for l:filetype in s:filetypes
        let l:linters[l:filetype] = get(l:linters, l:filetype, []) + ['wic']
    endfor

    return l:linters
endfunction

" Define the linter for a filetype. ALE asks for it with the first buffer of that filetype.
function! wic#define(filetype) abort
    call ale#Set('wic_command', ['wic-lsp'])
    call ale#Set('wic_init_options', {})
    call ale#Set('wic_settings', {})

    call ale#linter#Define(a:filetype, {
    \   'name': 'wic',
    \   'lsp': 'stdio',
    \   'executable': function('wic#executable'),
    \   'command': {buffer -> join(map(copy(ale#Var(buffer, 'wic_command')), 'ale#Escape(v:val)'))},
    \   'language': {buffer -> getbufvar(buffer, '&filetype')},
    \   'project_root': function('wic#root'),
    \   'initialization_options': {buffer -> extend({'positionEncoding': 'utf-8'}, ale#Var(buffer, 'wic_init_options'))},
    \   'lsp_config': {buffer -> {'wic': ale#Var(buffer, 'wic_settings')}},
    \})
endfunction

" The program that ALE looks for. What is missing is told, once: ALE starts nothing, without a word.
function! wic#executable(buffer) abort
    let l:server = ale#Var(a:buffer, 'wic_command')[0]

    if !executable(l:server)
        call s:tell('`' . l:server . '` was not found, so nothing is compiled. Install it with `pip install wic-lsp`,'
        \   . ' then `:edit`. `wic doctor` says what else is missing.')
    endif

    return l:server
endfunction

" The nearest folder above with a wic.toml or a repository, else the file's own.
function! wic#root(buffer) abort
    let l:folder = fnamemodify(bufname(a:buffer), ':p:h')

    for l:marker in ['wic.toml', '.wic.toml', '.git']
        let l:found = findfile(l:marker, escape(l:folder, ' ,;') . ';')
        let l:found = empty(l:found) ? finddir(l:marker, escape(l:folder, ' ,;') . ';') : l:found

        if !empty(l:found)
            return fnamemodify(l:found, ':p:s?[/\\]$??:h')
        endif
    endfor

    return l:folder
endfunction

function! s:tell(message) abort
    if !has_key(s:told, a:message)
        let s:told[a:message] = 1
        echohl WarningMsg
        echomsg 'wic: ' . a:message
        echohl None
    endif
endfunction

" Ask the server of this buffer to execute a command; Done is called with what it returns.
function! s:execute(command, arguments, Done) abort
    let l:message = ale#lsp#message#ExecuteCommand(a:command, a:arguments)
    " ALE tells a server of a change when it lints, which may be yet to come.
    call ale#Queue(0)

    try
        let l:is_sent = ale#lsp_linter#SendRequest(bufnr(''), 'wic', l:message, function('s:answered', [a:Done]))
    catch /Linter "wic" not found/
        let l:is_sent = 0
    endtry

    if !l:is_sent
        call s:tell_anyway('wic-lsp does not run for this buffer. `:ALEInfo` says what ALE knows of it.')
    endif
endfunction

function! s:answered(Done, response) abort
    if has_key(a:response, 'error')
        call s:tell_anyway(a:response.error.message)
    else
        call a:Done(get(a:response, 'result', v:null))
    endif
endfunction

function! s:tell_anyway(message) abort
    echohl ErrorMsg
    echomsg 'wic: ' . a:message
    echohl None
endfunction

function! s:uri() abort
    return ale#util#ToURI(expand('%:p'))
endfunction

" :WicCheckNow
function! wic#check_now() abort
    call s:execute('wic.checkNow', [s:uri()], {_ -> 0})
endfunction

" :WicOutput
function! wic#output() abort
    call s:execute('wic.showOutput', [s:uri()], function('s:show_output'))
endfunction

function! s:show_output(results) abort
    let l:lines = []

    for l:one in a:results
        let l:place = type(l:one.line) is v:t_number ? ', the block in line ' . (l:one.line + 1) : ''
        let l:ended = substitute(l:one.outcome, '_', ' ', 'g')
        call add(l:lines, l:one.toolchain . ' (' . l:one.runtime . ')' . l:place . ': ' . l:ended)

        for l:text in [join(l:one.command), l:one.reason, l:one.output]
            let l:lines += empty(l:text) ? [] : split(l:text, '\r\?\n', 1)
        endfor
    endfor

    call s:show('output', l:lines, '')
endfunction

" :WicMatrix
function! wic#matrix() abort
    call s:execute('wic.showMatrix', [s:uri()], function('s:show_matrix'))
endfunction

function! s:show_matrix(markdown) abort
    " Nobody renders it here, so that Markdown's escapes would only be in the way.
    let l:text = substitute(a:markdown, '\\\([[:punct:]]\)', '\1', 'g')
    call s:show('matrix', split(l:text, '\r\?\n', 1), 'markdown')
endfunction

" Show lines in a read-only buffer of no file. `q` closes it.
function! s:show(title, lines, filetype) abort
    execute 'silent botright split ' . fnameescape('wic://' . a:title)
    setlocal buftype=nofile bufhidden=wipe noswapfile modifiable noreadonly
    silent %delete _
    call setline(1, a:lines)
    let &l:filetype = a:filetype
    setlocal nomodifiable readonly
    nnoremap <buffer> <nowait> q <Cmd>close<CR>
endfunction

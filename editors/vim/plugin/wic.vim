" The commands. Nothing is loaded before the first of them, or before the first file in one of wic's languages.
if exists('g:loaded_wic')
    finish
endif

let g:loaded_wic = 1

command! -bar WicCheckNow call wic#check_now()
command! -bar WicOutput call wic#output()
command! -bar WicMatrix call wic#matrix()

;;; wic-settings.el --- What a user may set for wic, and what a project may  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The wic-lsp authors
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; The options, and the two layers of settings that the server is told of.
;; The user's own word goes along with `initialize'.  What a project says in
;; its .dir-locals.el goes in `workspace/didChangeConfiguration', which the
;; server takes as a workspace's word: it can choose no runtime and raise no
;; limit.  Nothing here may mix the two.

;;; Code:

(require 'cl-lib)

(defgroup wic nil
  "Will it compile?  Compilers' diagnostics, from isolation."
  :group 'tools)

(defcustom wic-command '("wic-lsp")
  "The server's program and its arguments.
The program is looked for in variable `exec-path', then in ~/.local/bin,
where pip puts it, which desktops may leave out of an Emacs's environment.
`wic-server-url' goes before this."
  :type '(repeat string)
  :risky t)

(defcustom wic-server-url nil
  "The address of a shared server, as \"wss://wic.example.org:8080\".
With one, `wic connect' is started in place of `wic-command'.  It asks
for no password: a token comes from the environment's WIC_TOKEN, or from
a file that `wic-connect-arguments' names."
  :type '(choice (const :tag "A server of one's own" nil) string)
  :risky t)

(defcustom wic-connect-arguments nil
  "What follows the address of `wic-server-url', as (\"--token-file\" FILE)."
  :type '(repeat string)
  :risky t)

(defcustom wic-settings nil
  "Settings of the server, as a property list of what follows \"wic.\".
For example
  (:toolchains (:cpp [\"gcc-12\" \"clang-14\"]) :timeoutSeconds 20)
Your own value holds for all projects, and may have all settings.  A
project's value, in the part of its .dir-locals.el for all modes, may
have those that `wic-workspace-settings' names; it is taken over yours,
setting by setting."
  :type '(plist :key-type symbol :value-type sexp)
  :safe #'wic-workspace-settings-p)

(defconst wic-workspace-settings
  '(:toolchains :standards :flags :timeoutSeconds :memoryMegabytes
    :debounceMilliseconds :when)
  "The settings that a project may have in its `wic-settings'.
The server lets it only lower the two limits among them.")

(defcustom wic-when nil
  "When to check: the server's setting \"wic.when\"."
  :type '(choice
          (const :tag "As the server is set" nil)
          (const :tag "On every edit" always)
          (const :tag "When the file is saved" save)
          (const :tag "When `wic-check-now' is called" command)
          (const :tag "On every edit, with further toolchains only"
                 otherToolchains))
  :safe #'wic-when-p)

(defcustom wic-send-delay 0.05
  "How many seconds edits are gathered before the server is told of them.
The server itself waits until the typing pauses before it compiles."
  :type 'number)

(defcustom wic-restart-after 10
  "How many seconds a server must have lived to be started again by itself.
One that ends sooner is started again by \\[wic-restart] alone."
  :type 'number)

(defcustom wic-keep-server 15
  "How many seconds a server is kept that no buffer uses."
  :type 'number)

(defcustom wic-log-size 200000
  "How many characters of what is said to and by a server are kept.
They are in a buffer, which \\[wic-show-log] shows; 0 is for none."
  :type 'natnum)

(defcustom wic-modes
  '((c-mode . "c") (c-ts-mode . "c")
    (c++-mode . "cpp") (c++-ts-mode . "cpp")
    (java-mode . "java") (java-ts-mode . "java")
    (typescript-mode . "typescript") (typescript-ts-mode . "typescript")
    (tsx-ts-mode . "typescriptreact")
    (js-jsx-mode . "javascriptreact")
    (js-mode . "javascript") (js-ts-mode . "javascript")
    (js2-mode . "javascript") (js3-mode . "javascript")
    (python-mode . "python") (python-ts-mode . "python")
    (rust-mode . "rust") (rust-ts-mode . "rust") (rustic-mode . "rust")
    (go-mode . "go") (go-ts-mode . "go")
    (zig-mode . "zig") (zig-ts-mode . "zig")
    (markdown-mode . "markdown") (gfm-mode . "markdown")
    (markdown-ts-mode . "markdown"))
  "The major modes whose buffers are checked, with LSP's name of the language."
  :type '(alist :key-type symbol :value-type string))

(defconst wic--endings
  '(("\\.c\\'" . "c")
    ("\\.\\(?:cpp\\|cc\\|cxx\\|c\\+\\+\\|cp\\|cppm\\|ixx\\)\\'" . "cpp")
    ("\\.\\(?:hpp\\|hh\\|hxx\\|h\\+\\+\\|hp\\|ipp\\|tpp\\|inl\\)\\'" . "cpp")
    ("\\.java\\'" . "java")
    ("\\.[mc]?ts\\'" . "typescript") ("\\.tsx\\'" . "typescriptreact")
    ("\\.[mc]?js\\'" . "javascript") ("\\.jsx\\'" . "javascriptreact")
    ("\\.py[wi]?\\'" . "python") ("\\.rs\\'" . "rust") ("\\.go\\'" . "go")
    ("\\.zig\\'" . "zig")
    ("\\.\\(?:md\\|markdown\\|mkd\\|mdown\\)\\'" . "markdown"))
  "Languages by the endings of files whose major mode knows no language.")

(defun wic-when-p (value)
  "Return non-nil if VALUE is one of `wic-when'."
  (memq value '(nil always save command otherToolchains)))

(defun wic-workspace-settings-p (value)
  "Return non-nil if VALUE is what a project may have as `wic-settings'."
  (and (proper-list-p value)
       (cl-evenp (length value))
       (cl-loop for (key _) on value by #'cddr
                always (memq key wic-workspace-settings))))

(defun wic--language ()
  "Return LSP's name of the current buffer's language, or nil.
What the major mode is decides; where it knows no language, as Emacs has
no mode for each of them, the file's name does."
  (or (cl-loop for (mode . language) in wic-modes
               when (derived-mode-p mode) return language)
      (and buffer-file-name
           (memq major-mode '(fundamental-mode text-mode prog-mode))
           (let ((case-fold-search nil))
             (cl-loop for (ending . language) in wic--endings
                      when (string-match-p ending buffer-file-name)
                      return language)))))

(defun wic--to-json (value)
  "Return VALUE with its lists, where they are no property lists, as vectors."
  (cond ((and (consp value) (keywordp (car value)))
         (cl-loop for (key each) on value by #'cddr
                  nconc (list key (wic--to-json each))))
        ((consp value) (vconcat (mapcar #'wic--to-json value)))
        ((vectorp value) (vconcat (mapcar #'wic--to-json value)))
        (t value)))

(defun wic--layer (settings when)
  "Return SETTINGS and WHEN, if non-nil, as the JSON object of one layer."
  (let ((layer (wic--to-json settings)))
    (when when
      (setq layer (plist-put (copy-sequence layer) :when (symbol-name when))))
    (or layer (make-hash-table))))

(defun wic--user-layer ()
  "Return the user's own settings."
  (wic--layer (default-toplevel-value 'wic-settings)
              (default-toplevel-value 'wic-when)))

(defun wic--project-layer (root chosen)
  "Return the settings of the project in ROOT, or in none if that is nil.
CHOSEN is a property list of those that were chosen since it was opened."
  (pcase-let ((`(,settings ,when) (and root (wic--read-dir-locals root))))
    (setq settings (copy-sequence settings))
    (cl-loop for (key value) on chosen by #'cddr
             do (setq settings (plist-put settings key value)))
    (wic--layer settings when)))

(defun wic--read-dir-locals (root)
  "Return `wic-settings' and `wic-when' as the .dir-locals.el of ROOT has them.
What is not safe is passed over; nobody is asked."
  (with-temp-buffer
    (setq default-directory (file-name-as-directory root))
    (let ((enable-local-variables (and enable-local-variables :safe))
          (enable-local-eval nil))
      (hack-dir-local-variables))
    (list (alist-get 'wic-settings file-local-variables-alist)
          (alist-get 'wic-when file-local-variables-alist))))

(provide 'wic-settings)
;;; wic-settings.el ends here

;;; wic.el --- Will it compile?  As you type, in isolation  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The wic-lsp authors
;; SPDX-License-Identifier: Apache-2.0

;; Author: The wic-lsp authors
;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1") (eglot "1.9"))
;; Keywords: tools, languages, c

;;; Commentary:

;; wic-lsp compiles what you are editing, in isolation, and says what the
;; compilers say: with its own server beside the one that Eglot runs for the
;; language, and its own backend of Flymake beside Eglot's.
;;
;;   (global-wic-mode)
;;
;; is all that it needs, with `wic-lsp' installed.  M-x wic-doctor says what is
;; missing.  README.md has the rest.

;;; Code:

(require 'easymenu)
(require 'eglot)
(require 'wic-commands)

(defvar wic-command-map
  (let ((map (make-sparse-keymap)))
    (define-key map "a" #'wic-code-actions)
    (define-key map "f" #'wic-fix)
    (define-key map "F" #'wic-fix-all)
    (define-key map "c" #'wic-check-now)
    (define-key map "o" #'wic-show-output)
    (define-key map "m" #'wic-show-matrix)
    (define-key map "t" #'wic-choose-toolchains)
    (define-key map "p" #'wic-pull-image)
    (define-key map "k" #'wic-cancel)
    (define-key map "r" #'wic-restart)
    (define-key map "l" #'wic-show-log)
    (define-key map "d" #'wic-doctor)
    map)
  "Our commands, to be put on a key of yours.")
(fset 'wic-command-map wic-command-map)

(defvar wic-mode-map (make-sparse-keymap)
  "The keys of `wic-mode': none but the menu.")

(easy-menu-define wic-menu wic-mode-map "The menu of `wic-mode'."
  '("Wic"
    ["Check now" wic-check-now]
    ["Apply the compiler's fix" wic-fix]
    ["Apply all sure fixes" wic-fix-all]
    ["Choose an action..." wic-code-actions]
    "--"
    ["Show the compilers' output" wic-show-output]
    ["Compare toolchains" wic-show-matrix]
    ["Choose toolchains..." wic-choose-toolchains]
    ["Pull an image..." wic-pull-image]
    ["Cancel what takes long" wic-cancel]
    "--"
    ["Restart the server" wic-restart]
    ["Show its log" wic-show-log]
    ["What works here?" wic-doctor]))

(defvar wic--mode-line-map
  (let ((map (make-sparse-keymap)))
    (define-key map [mode-line mouse-1] wic-menu)
    map)
  "The mouse on our part of the mode line.")

(defvar-local wic--own-flymake nil
  "What Flymake ran before it was started by `wic-mode', in a list.")

(defvar wic--has-warned nil
  "Whether the user was told in this session that there is no server.")

;;; The mode line

(defun wic--mode-line ()
  "Return our part of the current buffer's mode line."
  (when (and wic--uri (not (wic--told-p)))
    (wic--flush-soon))
  (pcase-let* ((state (wic-state))
               (`(,text ,face ,why)
                (pcase state
                  (`(clean) '("clean" success "The compiler took exactly this text"))
                  (`(checking) (list (wic--progress-words) nil "No result yet"))
                  (`(found ,errors ,warnings ,notes)
                   (list (wic--count errors warnings notes)
                         (cond ((> errors 0) 'error) ((> warnings 0) 'warning))
                         "M-x flymake-show-buffer-diagnostics lists them"))
                  (`(not-checked ,reason) (list "not checked" 'warning reason)))))
    (list " wic["
          (list :propertize text 'face face 'help-echo why
                'mouse-face 'mode-line-highlight
                'local-map wic--mode-line-map)
          "]")))

(defun wic--progress-words ()
  "Return in words what the server is doing."
  (let ((progress (and wic--server (cdar (wic--server-progress wic--server)))))
    (if (not progress) "checking"
      (let ((percentage (plist-get progress :percentage))
            (message (plist-get progress :message)))
        (replace-regexp-in-string
         "%" "%%"
         (string-join (delq nil (list (plist-get progress :title) message
                                      (and percentage (not message)
                                           (format "%d %%" percentage))))
                      " "))))))

(defun wic--count (errors warnings notes)
  "Return in words how many ERRORS, WARNINGS and NOTES there are."
  (let ((one (lambda (number word)
               (and (> number 0)
                    (format "%d %s%s" number word (if (= number 1) "" "s"))))))
    (string-join (delq nil (list (funcall one errors "error")
                                 (funcall one warnings "warning")
                                 (and (zerop (+ errors warnings))
                                      (funcall one notes "note"))))
                 ", ")))

;;; Beside Eglot and whatever else uses Flymake

(defun wic--join-flymake ()
  "Have Flymake run our backend in the current buffer.
Where it runs already, ours is added to what it runs.  Where it does not,
it is started for ours alone: its others may run what is in a project, as
that for C runs `make', which nobody has asked for here."
  (if flymake-mode
      (add-hook 'flymake-diagnostic-functions #'wic-flymake nil t)
    (unless wic--own-flymake
      (setq wic--own-flymake (list flymake-diagnostic-functions)))
    (setq-local flymake-diagnostic-functions '(wic-flymake))
    (flymake-mode 1))
  (add-hook 'eldoc-documentation-functions #'wic-eldoc nil t)
  (flymake-start))

(defun wic--leave-flymake ()
  "Have Flymake no longer run our backend, nor run at all if only for ours."
  (remove-hook 'eldoc-documentation-functions #'wic-eldoc t)
  (if (and wic--own-flymake
           (equal flymake-diagnostic-functions '(wic-flymake)))
      (progn
        (flymake-mode -1)
        (setq-local flymake-diagnostic-functions (car wic--own-flymake)))
    (when (memq #'wic-flymake (flymake-running-backends))
      (when wic--report-fn
        (funcall wic--report-fn nil :region (cons (point-min) (point-max)))))
    (remove-hook 'flymake-diagnostic-functions #'wic-flymake t))
  (setq wic--own-flymake nil wic--report-fn nil))

(defun wic--eglot-changed ()
  "Come back after Eglot, which begins and ends with backends of its own."
  (when (bound-and-true-p wic-mode)
    (wic--join-flymake)))

(defun wic--cloned ()
  "Leave a clone alone: its text is told by the buffer that it is a clone of."
  (when (bound-and-true-p wic-mode)
    (setq wic--server nil wic--uri nil wic--report-fn nil)
    (wic-mode -1)))

(add-hook 'eglot-managed-mode-hook #'wic--eglot-changed)
(add-hook 'clone-indirect-buffer-hook #'wic--cloned)

;;; The mode

(defconst wic--hooks
  '((before-change-functions . wic--before-change)
    (after-change-functions . wic--after-change)
    (after-save-hook . wic--saved)
    (after-revert-hook . wic--flush)
    (kill-buffer-hook . wic--detach)
    (change-major-mode-hook . wic--detach)
    (after-set-visited-file-name-hook . wic--renamed))
  "The hooks of a buffer in `wic-mode'.")

;;;###autoload
(define-minor-mode wic-mode
  "Compile this buffer's text as you type, in isolation, and show what is said.
What compilers say is shown by Flymake, beside what else it shows; who
says it stands before it, as \"wic gcc-12\".

\\{wic-mode-map}"
  :lighter (:eval (wic--mode-line))
  :keymap wic-mode-map
  (if wic-mode (wic--turn-on (called-interactively-p 'any)) (wic--turn-off)))

(defun wic--turn-on (is-asked)
  "Begin to check the current buffer; leave it off where nothing can.
Where there is no server that is an error if IS-ASKED says that the user
has asked for it; else the user is warned."
  (let ((trouble (wic--why-not)))
    (when trouble
      (setq wic-mode nil)
      (user-error "Nothing can be checked here: %s" trouble)))
  (pcase-dolist (`(,hook . ,function) wic--hooks)
    (add-hook hook function nil t))
  (wic--join-flymake)
  (condition-case failure
      (wic--attach)
    (user-error
     (wic--tell-trouble (error-message-string failure))
     (if is-asked
         (signal (car failure) (cdr failure))
       (wic--warn-once (error-message-string failure))))))

(defun wic--turn-off ()
  "No longer check the current buffer."
  (wic--detach)
  (wic--leave-flymake)
  (setq wic--trouble nil)
  (pcase-dolist (`(,hook . ,function) wic--hooks)
    (remove-hook hook function t)))

(defun wic--warn-once (what)
  "Tell the user WHAT is wrong, once in a session.
Each buffer's mode line says so as well."
  (unless wic--has-warned
    (setq wic--has-warned t)
    (display-warning 'wic (concat what ".") :warning)))

(defun wic--turn-on-if-wanted ()
  "Turn on `wic-mode' in a buffer that `global-wic-mode' is for."
  (unless (or (minibufferp) (wic--why-not))
    (wic-mode 1)))

;;;###autoload
(define-globalized-minor-mode global-wic-mode wic-mode wic--turn-on-if-wanted
  :group 'wic)

(provide 'wic)
;;; wic.el ends here

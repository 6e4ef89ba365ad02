;;; wic-lsp-mode.el --- wic beside other servers in lsp-mode  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The wic-lsp authors
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; For those who use lsp-mode and not Eglot: wic is an add-on there, so that
;; lsp-mode runs it beside the language's own server.
;;
;;   (with-eval-after-load 'lsp-mode (wic-lsp-mode-setup))
;;
;; lsp-mode is no requirement of this package, so nothing of it is needed to
;; load or compile this file.

;;; Code:

(require 'cl-lib)
(require 'wic-settings)
(require 'wic-server)

(declare-function make-lsp-client "ext:lsp-mode")
(declare-function lsp-register-client "ext:lsp-mode")
(declare-function lsp-stdio-connection "ext:lsp-mode")
(defvar lsp-language-id-configuration)

;;;###autoload
(defun wic-lsp-mode-setup ()
  "Tell lsp-mode of wic, for the languages that wic compiles."
  (require 'lsp-mode)
  (pcase-dolist (`(,mode . ,language) wic-modes)
    (unless (assq mode lsp-language-id-configuration)
      (push (cons mode language) lsp-language-id-configuration)))
  (lsp-register-client
   (make-lsp-client
    :new-connection (lsp-stdio-connection #'wic--find-command
                                          #'wic-lsp-mode--there-p)
    :activation-fn #'wic-lsp-mode--for-p
    :initialization-options #'wic--user-layer
    ;; lsp-mode counts in code points, and up to its version 8 says so nowhere.
    :custom-capabilities '((general . ((positionEncodings . ["utf-32"]))))
    :add-on? t
    :priority -1
    :server-id 'wic)))

(defun wic-lsp-mode--there-p ()
  "Return non-nil if there is a server to be started."
  (condition-case nil
      (wic--find-command)
    (user-error nil)))

(defun wic-lsp-mode--for-p (_file mode)
  "Return non-nil if wic compiles what is in MODE."
  (cl-some (lambda (entry) (provided-mode-derived-p mode (car entry))) wic-modes))

(provide 'wic-lsp-mode)
;;; wic-lsp-mode.el ends here

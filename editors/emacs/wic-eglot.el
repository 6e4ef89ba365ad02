;;; wic-eglot.el --- wic as the server that Eglot runs  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The wic-lsp authors
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Eglot runs one server for a buffer.  Where a language has none, that may be
;; wic: then Eglot's own commands and keys serve, in place of `wic-mode'.

;;; Code:

(require 'eglot)
(require 'wic-settings)
(require 'wic-server)

;;;###autoload
(defun wic-eglot (&rest modes)
  "Have Eglot run wic for MODES, in place of what it would run for them.
Without MODES, for those of `wic-modes' that it knows no server for.
`wic-mode' is not for their buffers then: it would say all twice."
  (let ((modes (or modes
                   (cl-remove-if #'wic-eglot--known-p
                                 (mapcar #'car wic-modes)))))
    (when modes
      (add-to-list 'eglot-server-programs (cons modes #'wic-eglot--contact)))
    modes))

(defun wic-eglot--known-p (mode)
  "Return non-nil if Eglot knows a server for MODE."
  (cl-some (lambda (entry)
             (cl-some (lambda (one)
                        (provided-mode-derived-p mode (if (consp one) (car one) one)))
                      (let ((modes (car entry)))
                        (if (and (consp modes) (not (keywordp (cadr modes))))
                            modes
                          (list modes)))))
           eglot-server-programs))

(defun wic-eglot--contact (&rest _)
  "Return the server's command for Eglot, with your own settings."
  (append (wic--find-command)
          (list :initializationOptions (wic--user-layer))))

(provide 'wic-eglot)
;;; wic-eglot.el ends here

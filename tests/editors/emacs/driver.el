;;; driver.el --- Drives wic in a real Emacs for the tests  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Loaded by `emacs --batch', which then evaluates a test's form with
;; `drive-print'.  Small functions for what a user does and sees.  Waiting is
;; for conditions; what does not come in time ends Emacs with all logs printed.

;;; Code:

(require 'cl-lib)
(require 'package)

(setq native-comp-deferred-compilation nil
      native-comp-jit-compilation nil
      ;; No file of the tests' user is to be left beside what is edited.
      create-lockfiles nil
      make-backup-files nil
      auto-save-default nil
      vc-handled-backends '(Git)
      text-quoting-style 'grave
      eglot-connect-timeout 90
      package-user-dir (getenv "DRIVE_ELPA"))

(defvar drive-patience 90 "How many seconds are waited for anything.")
(defvar drive-warnings nil "Our warnings that were shown, newest first.")

(advice-add 'display-warning :before
            (lambda (type message &rest _)
              (when (eq type 'wic) (push message drive-warnings))))

(defun drive-wait (what condition)
  "Wait until CONDITION returns non-nil, and return that; WHAT says for what."
  (let ((until (+ (float-time) drive-patience)) value)
    (while (not (setq value (funcall condition)))
      (when (> (float-time) until)
        (drive-give-up (format "waited in vain for %s" what)))
      (accept-process-output nil 0.02))
    value))

(defun drive-give-up (why)
  "End Emacs for WHY, with all that may explain it."
  (message "GAVE UP: %s" why)
  (dolist (buffer (buffer-list))
    (when (string-match-p "\\*\\(?:wic\\|EGLOT\\|lsp\\|Flymake\\|Compile\\|Warnings\\)"
                          (buffer-name buffer))
      (message "---- %s\n%s" (buffer-name buffer)
               (with-current-buffer buffer (buffer-string)))))
  (kill-emacs 3))

(defun drive-print (function)
  "Print what FUNCTION returns as JSON, on a line of its own."
  (condition-case failure
      (let ((debug-on-error nil))
        (princ (concat "\nRESULT "
                       (decode-coding-string
                        (json-serialize (drive-json (funcall function))) 'utf-8)
                       "\n")))
    ((error quit) (drive-give-up (format "%S" failure)))))

(defun drive-json (value)
  "Return VALUE as what `json-serialize' takes: lists as arrays, symbols by name."
  (cond ((and (consp value) (keywordp (car value)))
         (cl-loop for (key each) on value by #'cddr
                  nconc (list key (drive-json each))))
        ((or (consp value) (vectorp value)) (vconcat (mapcar #'drive-json value)))
        ((null value) :null)
        ((eq value t) t)
        ((stringp value) (substring-no-properties value))
        ((symbolp value) (symbol-name value))
        (t value)))

(defun drive-mode-line ()
  "Return what the mode line says of the current buffer; batch has none itself."
  (pcase (wic--mode-line)
    (`(,before (:propertize ,text . ,_) ,after) (concat before text after))))

(defun drive-list (things)
  "Return the list THINGS so that JSON has it as an array, if it is empty too."
  (vconcat things))

(defun drive-open (file)
  "Visit FILE of the workspace and show it."
  (switch-to-buffer (find-file-noselect file))
  (current-buffer))

(defun drive-settled-p ()
  "Return the state of the current buffer if the server has spoken of its text."
  (let ((state (wic-state)))
    (and (memq (car state) '(clean found not-checked)) state)))

(defun drive-state ()
  "Wait for the state of the current buffer's present text, and return it."
  (drive-wait "a result" #'drive-settled-p))

(defun drive-state-is (state)
  "Wait until STATE is what the current buffer's begins with."
  (drive-wait (format "%s" state) (lambda () (eq (car (wic-state)) state))))

(defun drive-diagnostics ()
  "Return what Flymake shows in the current buffer; places count from 0."
  (drive-list
   (mapcar
    (lambda (one)
      (let ((beg (flymake-diagnostic-beg one)) (end (flymake-diagnostic-end one)))
        (list :line (1- (line-number-at-pos beg t))
              :start (save-excursion (goto-char beg) (- beg (line-beginning-position)))
              :end (save-excursion (goto-char beg) (- end (line-beginning-position)))
              :type (format "%s" (flymake-diagnostic-type one))
              :backend (format "%s" (flymake-diagnostic-backend one))
              :text (flymake-diagnostic-text one))))
    (cl-sort (flymake-diagnostics) #'< :key #'flymake-diagnostic-beg))))

(defun drive-of (backend)
  "Wait until Flymake shows something of BACKEND, and return that."
  (drive-wait (format "diagnostics of %s" backend)
              (lambda ()
                (cl-find-if (lambda (one) (eq (flymake-diagnostic-backend one) backend))
                            (flymake-diagnostics)))))

(defun drive-go-to (text)
  "Go to the beginning of the last TEXT in the current buffer."
  (goto-char (point-max))
  (search-backward text))

(defun drive-replace (old new)
  "Replace the last OLD of the current buffer by NEW, as one who edits does."
  (drive-go-to old)
  (delete-char (length old))
  (insert new))

(defun drive-refusal (function)
  "Return the words of the `user-error' that FUNCTION signals; fail without one."
  (condition-case failure
      (progn (funcall function) (error "It was not refused"))
    (user-error (error-message-string failure))))

(defun drive-shown (name)
  "Wait until there is something in the buffer NAME, and return it."
  (drive-wait name (lambda ()
                     (and (get-buffer name)
                          (with-current-buffer name
                            (and (> (buffer-size) 1)
                                 (buffer-substring-no-properties
                                  (point-min) (point-max))))))))

(defun drive-pid ()
  "Return the process of the server that serves the current buffer."
  (process-id (jsonrpc--process wic--server)))

(defun drive-install (folder)
  "Install the package in FOLDER, as `package-install-file' does it."
  (package-initialize)
  (package-install-file folder)
  (drive-list (mapcar (lambda (entry) (format "%s" (car entry))) package-alist)))

(provide 'driver)
;;; driver.el ends here

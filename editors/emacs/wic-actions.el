;;; wic-actions.el --- Quick fixes, and what there is to know at point  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The wic-lsp authors
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Code actions and hovers.  An action is asked for, and applied, only for the
;; text that was compiled: an edit that names another version is refused, for it
;; would land in the wrong place.

;;; Code:

(require 'cl-lib)
(require 'wic-documents)

(defun wic--serving ()
  "Return the server of the current buffer; signal an error where none serves it."
  (cond ((not (bound-and-true-p wic-mode))
         (user-error "This buffer is not checked: M-x wic-mode"))
        (wic--trouble (user-error "Nothing is checked: %s" wic--trouble))
        ((and wic--server wic--uri (jsonrpc-running-p wic--server))
         wic--server)
        (t (user-error "The server is still being started"))))

(defun wic--call (method params)
  "Ask the current buffer's server for METHOD with PARAMS, and return its answer.
What it refuses is the user's to know."
  (let ((server (wic--serving)))
    (wic--flush)
    (condition-case failure
        (jsonrpc-request server method params :timeout 60)
      (jsonrpc-error
       (user-error "%s" (wic--refusal failure))))))

(defun wic--refusal (failure)
  "Return the words of FAILURE, an error of `jsonrpc-request'."
  (or (cdr (assq 'jsonrpc-error-message (cdr failure)))
      (error-message-string failure)))

(defun wic--execute (command arguments then)
  "Have the server run COMMAND with the list ARGUMENTS; call THEN with its answer.
It may take long, and is not waited for."
  (let ((server (wic--serving))
        (buffer (current-buffer)))
    (wic--flush)
    (jsonrpc-async-request
     server :workspace/executeCommand
     `(:command ,command :arguments ,(vconcat arguments))
     :timeout (* 24 60 60)
     :success-fn (lambda (answer)
                   (when (buffer-live-p buffer)
                     (with-current-buffer buffer
                       (funcall then answer))))
     :error-fn (lambda (failure)
                 (display-warning 'wic (plist-get failure :message) :error)))))

(defun wic--await-result ()
  "Wait until the server has spoken of the present text."
  (wic--serving)
  (wic--flush)
  (with-temp-message "wic: waiting for the compiler..."
    (while (and (not (wic--current-p)) (jsonrpc-running-p wic--server))
      (accept-process-output (jsonrpc--process wic--server) 0.1))))

;;; Code actions

(defun wic--actions (beg end kinds)
  "Return the actions for the diagnostics that touch what is from BEG to END.
KINDS is a list of kinds of actions, or nil for all."
  (wic--await-result)
  (let ((here (cl-remove-if-not
               (lambda (one)
                 (pcase-let ((`(,from . ,to) (wic--bounds one)))
                   (and (<= from end) (<= beg to))))
               (wic--diagnostics))))
    (append
     (wic--call :textDocument/codeAction
                `(:textDocument (:uri ,wic--uri)
                  :range ,(wic--range beg end)
                  :context (:diagnostics ,(vconcat here)
                            ,@(and kinds `(:only ,(vconcat kinds))))))
     nil)))

(defun wic--bounds-of-interest ()
  "Return what an action is asked for: the region, the diagnostic, or the line.
The value is a cons of its two ends."
  (cond ((use-region-p) (cons (region-beginning) (region-end)))
        ((wic--diagnostic-at (point)) (cons (point) (point)))
        (t (cons (line-beginning-position) (line-end-position)))))

(defun wic--diagnostic-at (point)
  "Return a diagnostic of ours that is shown at POINT, as LSP has it."
  (cl-loop for one in (wic--diagnostics)
           for (beg . end) = (wic--bounds one)
           when (and (<= beg point) (<= point end)) return one))

(defun wic--choose-action (actions)
  "Return the one of ACTIONS that the user wants."
  (let ((titles (mapcar (lambda (one) (cons (plist-get one :title) one)) actions)))
    (cdr (assoc (completing-read "Action: " titles nil t nil nil (caar titles))
                titles))))

(defun wic--carry-out (action)
  "Carry out the code ACTION."
  (let ((edit (plist-get action :edit))
        (command (plist-get action :command)))
    (when edit
      (wic--apply edit))
    (when command
      (wic--execute (plist-get command :command)
                    (append (plist-get command :arguments) nil)
                    #'ignore))
    (message "wic: %s" (plist-get action :title))))

;;;###autoload
(defun wic-code-actions ()
  "Choose what to do about the region, the diagnostic at point or the line.
That is a compiler's fix, the pull of an image that is missing, or all
fixes that the compiler is sure of."
  (interactive)
  (pcase-let ((`(,beg . ,end) (wic--bounds-of-interest)))
    (let ((actions (wic--actions beg end nil)))
      (unless actions
        (user-error "There is nothing to be done here"))
      (wic--carry-out (wic--choose-action actions)))))

;;;###autoload
(defun wic-fix ()
  "Apply the compiler's fix for the region, the diagnostic at point or the line.
Where there are several, and it is not sure of just one, you choose."
  (interactive)
  (pcase-let ((`(,beg . ,end) (wic--bounds-of-interest)))
    (let* ((actions (wic--actions beg end '("quickfix")))
           (sure (cl-remove-if-not
                  (lambda (one) (eq (plist-get one :isPreferred) t)) actions)))
      (unless actions
        (user-error "The compiler offers no fix here"))
      (wic--carry-out (cond ((null (cdr sure)) (or (car sure)
                                                   (if (cdr actions)
                                                       (wic--choose-action actions)
                                                     (car actions))))
                            (t (wic--choose-action sure)))))))

;;;###autoload
(defun wic-fix-all ()
  "Apply every fix in the buffer that the compiler is sure of."
  (interactive)
  (let ((actions (wic--actions (point-min) (point-max) '("source.fixAll"))))
    (unless actions
      (user-error "The compiler is sure of no fix"))
    (mapc #'wic--carry-out actions)))

(defun wic--apply (edit)
  "Apply EDIT, a workspace edit of LSP, to the documents that are open."
  (let ((documents
         (or (mapcar (lambda (one)
                       (let ((document (plist-get one :textDocument)))
                         (list (plist-get document :uri)
                               (plist-get document :version)
                               (append (plist-get one :edits) nil))))
                     (plist-get edit :documentChanges))
             (cl-loop for (uri edits) on (plist-get edit :changes) by #'cddr
                      collect (list (substring (symbol-name uri) 1) nil
                                    (append edits nil)))))
        (server wic--server))
    (cl-loop
     for (uri version edits) in documents
     for buffer = (cl-find uri (wic--server-buffers server) :test #'equal
                           :key (lambda (one)
                                  (and (buffer-live-p one)
                                       (buffer-local-value 'wic--uri one))))
     unless buffer do (user-error "It would change %s, which is not open" uri)
     do (with-current-buffer buffer
          (when (or (not (wic--told-p)) (and version (/= version wic--version)))
            (user-error "The text has changed meanwhile; try again"))
          (wic--apply-edits edits)))))

(defun wic--apply-edits (edits)
  "Apply EDITS of LSP to the current buffer, all at once and undone at once."
  (barf-if-buffer-read-only)
  (save-excursion
    (save-restriction
      (widen)
      (atomic-change-group
        (cl-loop
         with places = (mapcar
                        (lambda (one)
                          (let ((range (plist-get one :range)))
                            (list (wic--point (plist-get range :start))
                                  (wic--point (plist-get range :end))
                                  (plist-get one :newText))))
                        edits)
         ;; From the end on, so that no place moves; what is inserted at the
         ;; same place keeps its order.
         for (beg end text) in (sort (reverse places)
                                     (lambda (one other) (> (car one) (car other))))
         do (goto-char beg)
         do (delete-region beg end)
         do (insert text))))))

;;; What there is to know

(defun wic-eldoc (callback &rest _)
  "Tell CALLBACK what the compiler knows of the diagnostic at point.
A function for `eldoc-documentation-functions'.  The server compiles once
more for it, so it is asked only where there is a diagnostic."
  (when (and wic--uri (wic--current-p) (wic--diagnostic-at (point)))
    (let ((buffer (current-buffer)) (version wic--version) (point (point)))
      (jsonrpc-async-request
       wic--server :textDocument/hover
       `(:textDocument (:uri ,wic--uri) :position ,(wic--position point))
       :timeout 60
       :success-fn
       (lambda (hover)
         (when (and hover (buffer-live-p buffer))
           (with-current-buffer buffer
             (when (and (eql version wic--version) (= point (point)))
               (funcall callback
                        (wic--render (plist-get hover :contents)))))))
       :error-fn #'ignore))
    t))

(defun wic--render (contents)
  "Return CONTENTS, MarkupContent of LSP, as it is to be read."
  (let ((text (string-trim (plist-get contents :value))))
    (if (equal (plist-get contents :kind) "markdown") (wic--render-markdown text)
      text)))

(declare-function gfm-view-mode "ext:markdown-mode" ())

(defun wic--render-markdown (text)
  "Return TEXT, which is Markdown, with faces where there is a mode for it."
  (if (not (require 'markdown-mode nil t)) text
    (with-temp-buffer
      (insert text)
      (let ((inhibit-message t))
        (delay-mode-hooks (gfm-view-mode))
        (font-lock-ensure))
      (buffer-string))))

(provide 'wic-actions)
;;; wic-actions.el ends here

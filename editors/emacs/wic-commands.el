;;; wic-commands.el --- What the server, and wic itself, do on request  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The wic-lsp authors
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; The server's commands, and those of the command line that help to set it up.
;; What they show is in buffers of their own, to be read and quit.

;;; Code:

(require 'ansi-color)
(require 'cl-lib)
(require 'wic-actions)

;;;###autoload
(defun wic-check-now (&optional all)
  "Check the current buffer afresh; with a prefix argument ALL, every one."
  (interactive "P")
  (wic--serving)
  (let ((arguments (if all nil (list wic--uri))))
    (wic--flush)
    ;; What is known is no longer: the next that is said of this text counts.
    (setq wic--result nil)
    (wic--execute "wic.checkNow" arguments #'ignore)
    (force-mode-line-update)))

;;;###autoload
(defun wic-restart ()
  "End the server of the current buffer's project and start another.
It takes in all options that have changed."
  (interactive)
  (unless (bound-and-true-p wic-mode)
    (user-error "This buffer is not checked: M-x wic-mode"))
  (let* ((server wic--server)
         (root (wic--root))
         (chosen (and server (wic--server-chosen server)))
         (buffers (cl-remove-if-not
                   (lambda (one)
                     (and (buffer-local-value 'wic-mode one)
                          (with-current-buffer one
                            (or (and server (eq wic--server server))
                                (and wic--trouble (equal (wic--root) root))))))
                   (buffer-list))))
    (wic--find-command)
    (when server
      (wic--each-buffer server (lambda () (setq wic--uri nil wic--server nil)))
      (wic--leave server))
    (wic--serve-again buffers root chosen)))

;;;###autoload
(defun wic-restart-runtime ()
  "Have the server end every compile and what isolates it, and check afresh."
  (interactive)
  (wic--execute "wic.restartRuntime" nil
                (lambda (_) (message "wic: the runtime was restarted"))))

;;;###autoload
(defun wic-show-output ()
  "Show what the compilers write for people about the current buffer."
  (interactive)
  (wic--serving)
  (let ((name (buffer-name)))
    (wic--execute
     "wic.showOutput" (list wic--uri)
     (lambda (outputs)
       (wic--show "*wic output*"
                  (mapconcat (lambda (one) (wic--output-text name one))
                             outputs "\n"))))))

(defun wic--output-text (name output)
  "Return the words of OUTPUT, one compiler's about the buffer NAME."
  (let ((line (plist-get output :line))
        (said (string-trim-right (or (plist-get output :output) ""))))
    (concat
     (propertize
      (format "%s%s, %s, %s: %s\n" name
              (if line (format ":%d" (1+ line)) "")
              (or (plist-get output :toolchain) "no toolchain")
              (or (plist-get output :runtime) "no runtime")
              (string-join
               (seq-remove (lambda (one) (member one '(nil "")))
                           (list (plist-get output :outcome)
                                 (plist-get output :reason)
                                 (plist-get output :why)))
               "; "))
      'face 'bold)
     (let ((command (append (plist-get output :command) nil)))
       (if command (concat "$ " (string-join command " ") "\n") ""))
     (if (string-empty-p said) "(no output)" (ansi-color-apply said))
     "\n")))

;;;###autoload
(defun wic-show-matrix ()
  "Show which toolchains take the current buffer's text, and which do not."
  (interactive)
  (wic--serving)
  (wic--execute "wic.showMatrix" (list wic--uri)
                (lambda (table)
                  (wic--show "*wic matrix*"
                             (wic--render-markdown (wic--unescape table))))))

(defun wic--unescape (text)
  "Return TEXT, which is Markdown, without backslashes, as it is to be read."
  (replace-regexp-in-string "\\\\\\([!-/:-@[-`{-~]\\)" "\\1" text))

(defun wic--show (name text)
  "Show TEXT in the buffer NAME."
  (with-current-buffer (get-buffer-create name)
    (let ((inhibit-read-only t))
      (erase-buffer)
      (insert text)
      (unless (bolp) (insert "\n"))
      (goto-char (point-min)))
    (unless (derived-mode-p 'special-mode) (special-mode))
    (display-buffer (current-buffer))))

;;;###autoload
(defun wic-show-log ()
  "Show what was said to and by the current buffer's server."
  (interactive)
  (let ((server (wic--serving)))
    (when (zerop wic-log-size)
      (user-error "Nothing is kept: `wic-log-size' is 0"))
    (display-buffer (jsonrpc-events-buffer server))))

;;;###autoload
(defun wic-doctor ()
  "Show what works here, what does not, and why: `wic doctor'."
  (interactive)
  (let ((program (wic--find-wic))
        (buffer (get-buffer-create "*wic doctor*")))
    (wic--show "*wic doctor*" "")
    (with-current-buffer buffer
      (let ((inhibit-read-only t)) (erase-buffer)))
    (let ((default-directory (expand-file-name "~/"))
          (process-environment (append '("NO_COLOR=1" "TERM=dumb")
                                       process-environment)))
      (make-process
       :name "wic doctor" :buffer buffer :noquery t :connection-type 'pipe
       :command (list program "doctor")
       :filter #'wic--insert-output
       :sentinel
       (lambda (process _)
         (unless (process-live-p process)
           (wic--insert-output process
                               (format "\nIt has ended with %d.\n"
                                       (process-exit-status process)))))))))

(defun wic--insert-output (process text)
  "Add TEXT to the buffer of PROCESS."
  (when (buffer-live-p (process-buffer process))
    (with-current-buffer (process-buffer process)
      (let ((inhibit-read-only t))
        (save-excursion
          (goto-char (point-max))
          (insert text))))))

;;;###autoload
(defun wic-pull-image (image)
  "Have the server pull the compiler's IMAGE, as \"gcc:13\".
How far it has come is in the mode line; \\[wic-cancel] ends it."
  (interactive
   (list (let ((missing (wic--missing-images)))
           (completing-read "Image: " missing nil nil nil nil (car missing)))))
  (wic--execute "wic.pullImage" (list image)
                (lambda (done)
                  (message "wic: %s %s" image
                           (if (eq done t) "is here" "was not pulled")))))

(defun wic--missing-images ()
  "Return the images that the current buffer's diagnostics say are missing."
  (delq nil (mapcar (lambda (one) (plist-get (plist-get one :data) :missingImage))
                    (wic--diagnostics))))

;;;###autoload
(defun wic-cancel ()
  "End long compiles, and pulls of images."
  (interactive)
  (let ((server (wic--serving)))
    (unless (wic--server-progress server)
      (user-error "Nothing takes long"))
    (cl-loop for (token . _) in (wic--server-progress server)
             do (jsonrpc-notify server :window/workDoneProgress/cancel
                                `(:token ,token)))))

;;;###autoload
(defun wic-choose-toolchains (toolchains &optional save)
  "Compile this buffer's language with TOOLCHAINS, a list of their names.
It holds for the buffer's project until its server ends; none means what
is set elsewhere.  With a prefix argument SAVE, it is saved as your own
setting for all projects, and takes effect at once in this one."
  (interactive
   (progn
     (wic--serving)
     (list (completing-read-multiple
            (format "Toolchains for %s (commas between): " (wic--settings-name))
            (wic--known-toolchains (wic--settings-name)))
           current-prefix-arg)))
  (let* ((server (wic--serving))
         (key (intern (concat ":" (wic--settings-name))))
         (add (lambda (settings)
                (plist-put (copy-sequence settings) :toolchains
                           (wic--plist-set (plist-get settings :toolchains) key
                                           (and toolchains (vconcat toolchains)))))))
    (if save
        (progn
          (customize-save-variable
           'wic-settings (funcall add (default-toplevel-value 'wic-settings)))
          (wic-restart))
      (setf (wic--server-chosen server)
            (funcall add (wic--server-chosen server)))
      (wic--each-buffer server (lambda () (setq wic--result nil)))
      (wic--send-settings server)
      (jsonrpc-async-request server :workspace/executeCommand
                             '(:command "wic.checkNow" :arguments [])))))

(defun wic--plist-set (plist key value)
  "Return PLIST with VALUE for KEY, or without KEY where VALUE is nil."
  (let ((rest (cl-loop for (one each) on plist by #'cddr
                       unless (eq one key) nconc (list one each))))
    (if value `(,key ,value ,@rest) rest)))

(defun wic--settings-name ()
  "Return the name that the current buffer's language has in settings."
  (pcase (wic--language)
    ("typescriptreact" "typescript")
    ("javascriptreact" "javascript")
    (language language)))

(defun wic--known-toolchains (language)
  "Return the names of the toolchains that there are here for LANGUAGE.
For Markdown they are those of all languages.  Of a shared server's none
is known here."
  (unless wic-server-url
    (with-temp-buffer
      (let ((default-directory (expand-file-name "~/")))
        (call-process (wic--find-wic) nil '(t nil) nil
                      "toolchains" "--format" "json"))
      (goto-char (point-min))
      (let ((answer (json-parse-buffer :object-type 'plist :null-object nil
                                       :false-object nil)))
        (delete-dups
         (cl-loop for one across (plist-get answer :toolchains)
                  when (and (plist-get one :usable)
                            (member language (list "markdown"
                                                   (plist-get one :language))))
                  collect (plist-get one :id)))))))

(provide 'wic-commands)
;;; wic-commands.el ends here

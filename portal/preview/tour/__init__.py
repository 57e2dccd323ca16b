"""The guided tour of the preview: five short stories, told beside the real controls of the real pages."""

def compare(**k):
    raise NotImplementedError

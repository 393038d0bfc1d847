"""Having a head cosigned by those whom the trust folder asks for.

=============  =============================================================================
``cosigning``  having the newest head cosigned, after it was committed
``witness``    the witnesses of the trust folder, asked side by side until the quorum is met
``asking``     one of them: what it answers, and what to do about it
=============  =============================================================================
"""
